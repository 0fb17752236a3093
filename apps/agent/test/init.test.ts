import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readConfigFile } from "@fustor/core/host";
import { describe, expect, it } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { agentConfigSchema } from "../src/config.js";
import { main } from "../src/program.js";
import { createFolder } from "./folder.js";

const run = (...args: string[]) => runMain(main, args);

describe("fustor-agent init", () => {
  it("writes what it is told, for its user alone, and never over what is there", async () => {
    const home = await createFolder();
    const args = ["--home", home, "--folder", home, "--agent-id", "nas-7", "--yes"];
    const first = await run("init", ...args, "--credential", 'k"1', "--endpoint", "https://f:8");
    expect(first).toMatchObject({ code: 0 });
    const file = join(home, "agent-config.yaml");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { config } = await readConfigFile(file, agentConfigSchema);
    expect(config).toMatchObject({
      agent_id: "nas-7",
      sources: [{ config: { uri: home } }],
      senders: [{ config: { endpoint: "https://f:8", credential: 'k"1' } }],
    });
    const text = await readFile(file, "utf8");
    const second = await run("init", ...args, "--endpoint", "http://other");
    expect(second).toMatchObject({ code: 2 });
    expect(second.stderr).toContain(`${file} is there already`);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("asks nobody where nobody can answer, and names what has to be said", async () => {
    const home = join(await createFolder(), "never-made");
    const { code, stderr } = await run("init", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toContain("--folder");
    const without = await run("init", "--home", home, "--yes");
    expect(without.stderr).toBe("--folder must be given: nothing is usual for it.\n");
    const wrong = await run("init", "--home", home, "--yes", "--folder", "/nowhere/at/all");
    expect(wrong.stderr).toContain("there is no such folder");
    await expect(stat(home)).rejects.toThrow("ENOENT");
  });

  it("has an example that its own schema takes", async () => {
    const { code, stdout } = await run("config", "example");
    expect(code).toBe(0);
    const home = await createFolder({ "agent-config.yaml": stdout });
    const { config } = await readConfigFile(join(home, "agent-config.yaml"), agentConfigSchema);
    expect(config).toMatchObject({ listen: { port: 8100 }, pipes: [{ enabled: true }] });
  });
});
