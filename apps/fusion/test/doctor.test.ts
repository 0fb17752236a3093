import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { claimHome, systemRandom, createSystemClock } from "@fustor/core/host";
import { createFusion, defaultFusionConfig } from "@fustor/server";
import viewFs from "@fustor/view-fs";
import type { ViewModule } from "@fustor/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { checkCertificate } from "../src/doctor/certificate.js";
import { main } from "../src/program.js";
import { createFolder } from "./folder.js";

interface Printed {
  readonly level: string;
  readonly subject: string;
  readonly message: string;
  readonly fix?: string;
}

async function examine(home: string) {
  const { code, stdout } = await runMain(main, ["doctor", "--json", "--home", home]);
  const findings = JSON.parse(stdout) as Printed[];
  const about = (subject: string) => findings.filter((each) => each.subject.startsWith(subject));
  return { code, findings, about };
}

const freePort = "listen: { host: 127.0.0.1, port: 0 }\n";

/** A home in which a Fusion has run. */
async function createUsedHome({ isRunning = false } = {}): Promise<string> {
  const home = await createFolder({ "fusion-config.yaml": freePort });
  const fusion = await createFusion({
    config: defaultFusionConfig,
    home,
    clock: createSystemClock(),
    random: systemRandom,
    loadView: () => Promise.resolve(viewFs as unknown as ViewModule),
  });
  onTestFinished(() => fusion.close());
  await fusion.keys.create({ scopes: ["ingest:default"] });
  const opened = await fusion.app.inject({
    method: "POST",
    url: "/api/v1/pipe/session/",
    headers: { "x-api-key": (await fusion.keys.create({ scopes: ["admin"] })).key },
    payload: { task_id: "a:p" },
  });
  expect(opened.statusCode).toBe(200);
  if (!isRunning) await fusion.close();
  return home;
}

describe("fustor-fusion doctor", () => {
  it("finds no fault in a home that works, and ends with 0", async () => {
    const home = await createUsedHome();
    const { code, findings, about } = await examine(home);
    expect(findings.filter(({ level }) => level === "fault")).toEqual([]);
    expect(code).toBe(0);
    expect(about("state")).toMatchObject([
      {
        level: "ok",
        message: expect.stringMatching(/^whole: \d+ records in 1 segments/) as string,
      },
    ]);
    expect(about("keys")).toMatchObject([{ level: "ok" }]);
  });

  it("names every fault of the configuration with its place", async () => {
    const home = await createFolder({ "fusion-config.yaml": "views: [ { idd: x } ]\n" });
    const { code, about } = await examine(home);
    expect(code).toBe(1);
    const faults = about(join(home, "fusion-config.yaml:1"));
    expect(faults.map(({ level }) => level)).toEqual(["fault", "fault"]);
    expect(faults.map(({ message }) => message).join()).toContain('did you mean "id"');
  });

  it("names a pipe that no key feeds", async () => {
    const home = await createFolder({ "fusion-config.yaml": freePort });
    expect((await examine(home)).about("keys")).toEqual([
      {
        level: "warning",
        subject: "keys",
        message: "no key feeds the pipe default",
        fix: "fustor-fusion keys create --scope ingest:default",
      },
    ]);
  });

  it("names a port that somebody else has", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    const port = String((server.address() as AddressInfo).port);
    const home = await createFolder({
      "fusion-config.yaml": `listen: { host: 127.0.0.1, port: ${port} }\n`,
    });
    const { code, about } = await examine(home);
    expect(code).toBe(1);
    expect(about("port")).toMatchObject([
      { level: "fault", fix: expect.stringContaining("FUSTOR_FUSION_PORT") as string },
    ]);
  });

  it("names damage in the log, and what an earlier start set aside", async () => {
    const home = await createUsedHome();
    const log = join(home, "state", "log");
    const [name = ""] = await readdir(log);
    const bytes = await readFile(join(log, name));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(join(log, name), bytes);
    await mkdir(join(log, "quarantine"));
    await writeFile(join(log, "quarantine", "x.1"), "");
    const { code, about } = await examine(home);
    expect(code).toBe(1);
    expect(about("state")).toMatchObject([
      {
        level: "fault",
        message: expect.stringContaining("is damaged at byte") as string,
        fix: expect.stringContaining("look at the disk") as string,
      },
    ]);
    expect(about(join(log, "quarantine"))).toMatchObject([{ level: "warning" }]);
  });

  it("names the process that uses the state", async () => {
    const home = await createUsedHome({ isRunning: true });
    const { code, about } = await examine(home);
    expect(code).toBe(1);
    expect(about("state").filter(({ level }) => level === "fault")).toMatchObject([
      { message: `is in use by process ${String(process.pid)}` },
    ]);
  });

  it("says what the Fusion that runs says of its views", async () => {
    const home = await createFolder({ "fusion-config.yaml": freePort });
    const server = createServer((_request, reply) => {
      const view = "default";
      reply.end(
        JSON.stringify({
          ready: false,
          reasons: [{ view, reason: "no snapshot was completed yet" }],
          warnings: [{ view, warning: "1 agent is refused" }],
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const claim = await claimHome(home, "fusion");
    onTestFinished(async () => {
      server.close();
      await claim.release();
    });
    const port = String((server.address() as AddressInfo).port);
    await claim.publish({ url: `http://127.0.0.1:${port}` });
    expect((await examine(home)).about("view")).toMatchObject([
      { level: "warning", message: "not ready: no snapshot was completed yet" },
      { level: "warning", message: "1 agent is refused" },
    ]);
  });

  it("names keys that cannot be read", async () => {
    const home = await createFolder({ "fusion-config.yaml": freePort, "keys.json": "{torn" });
    expect((await examine(home)).about("keys")).toMatchObject([{ level: "fault" }]);
  });
});

describe("doctor: certificate", () => {
  it("says that it cannot be read", async () => {
    const file = join(await createFolder({ "cert.pem": "no certificate" }), "cert.pem");
    expect(await checkCertificate(file, 0)).toMatchObject({ level: "fault" });
  });
});
