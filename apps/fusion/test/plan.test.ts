import { findPlaces } from "@fustor/core/host";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planFusion, type ListenOptions } from "../src/plan.js";
import { createFolder, VIEW } from "./folder.js";

const CONFIG = `listen: { port: 9000 }
views:
  - { id: counts, type: ./view.mjs }
`;

async function plan(config: string, listen: ListenOptions = {}, env: NodeJS.ProcessEnv = {}) {
  const home = await createFolder({ "fusion-config.yaml": config, "view.mjs": VIEW });
  return planFusion(findPlaces("fusion", { home, launcher: { entry: "", args: [] } }, env), listen);
}

describe("the plan of a Fusion", () => {
  it("takes the file's address", async () => {
    expect((await plan(CONFIG)).config.listen).toMatchObject({ host: "127.0.0.1", port: 9000 });
  });

  it("takes the environment's port before the file's, and the option's before both", async () => {
    const env = { FUSTOR_FUSION_PORT: "9001" };
    expect((await plan(CONFIG, {}, env)).config.listen.port).toBe(9001);
    expect((await plan(CONFIG, { port: "9002", host: "::1" }, env)).config.listen).toMatchObject({
      host: "::1",
      port: 9002,
    });
  });

  it("refuses an address off loopback that the command line asks for, unless plain HTTP is meant", async () => {
    await expect(plan(CONFIG, { host: "0.0.0.0" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("0.0.0.0") as string,
    });
    const meant = CONFIG.replace("port: 9000", "port: 9000, insecure: true");
    const { config } = await plan(meant, { host: "0.0.0.0" });
    expect(config.listen).toMatchObject({ host: "0.0.0.0", insecure: true });
  });

  it.each([
    ["--port", { port: "http" }, {}],
    ["FUSTOR_FUSION_PORT", {}, { FUSTOR_FUSION_PORT: "65536" }],
  ])("refuses a %s that is no port", async (name, listen, env) => {
    await expect(plan(CONFIG, listen, env)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(name) as string,
    });
  });

  it.each([
    ["an unknown key", "listen: { prt: 1 }\n", /fusion-config\.yaml:1:11 .*did you mean "port"/],
    [
      "a view driver's own fault",
      CONFIG.replace("view.mjs", "view.mjs, config: { keep_sec: 0 }"),
      /fusion-config\.yaml:3:\d+ \/views\/0\/config\/keep_sec must be at least 1/,
    ],
    [
      "a pipe into no view",
      `${CONFIG}pipes:\n  - { id: p, view_ids: [cuonts] }\n`,
      /fusion-config\.yaml:5:\d+ .*"cuonts"/,
    ],
    ["an unknown view driver", "views: [{ id: a, type: floppy }]\n", /"floppy"/],
  ])("names %s with its place", async (_name, config, words) => {
    await expect(plan(config)).rejects.toThrow(words);
  });

  it("names the faults of the file, of its names and of views together", async () => {
    const view = CONFIG.replace("view.mjs", "view.mjs, config: { keep_sec: 0 }");
    const unknown = await plan(`${view}pipes:\n  - { id: p, view_ids: [cuonts] }\n`).catch(String);
    expect(unknown).toMatch(/:3:\d+ \/views\/0\/config\/keep_sec[^]*:5:\d+ .*"cuonts"/);
    const mistyped = await plan(view.replace("port:", "prt:")).catch(String);
    expect(mistyped).toMatch(/:1:\d+ .*"prt"[^]*:3:\d+ \/views\/0\/config\/keep_sec/);
    const missing = await plan(`${view}  - { id: more, type: floppy }\n`).catch(String);
    expect(missing).toMatch(/keep_sec/);
    const odd = await plan("views: [3, null, { type: 4 }]\nlisten: 1\n").catch(String);
    expect(odd).toMatch(/\/views\/0 must be a mapping/);
  });

  it("names all drivers of views that are not there", async () => {
    const views = "views: [{ id: a, type: floppy }, { id: b, type: tape }]\n";
    await expect(plan(views)).rejects.toMatchObject({
      code: "DRIVER_NOT_FOUND",
      message: expect.stringMatching(/view "a"[^]*floppy[^]*\n[^]*view "b"[^]*tape/) as string,
    });
  });

  it("insists on a file that was named", async () => {
    const home = await createFolder();
    const config = join(home, "other.yaml");
    const places = findPlaces("fusion", { home, config, launcher: { entry: "", args: [] } }, {});
    await expect(planFusion(places)).rejects.toMatchObject({ code: "CONFIG_UNREADABLE" });
  });
});
