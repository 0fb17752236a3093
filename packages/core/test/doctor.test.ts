import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  checkDiskSpace,
  checkDrivers,
  checkHomeRights,
  checkNodeVersion,
  checkPlatform,
  checkPort,
  checkRunning,
} from "../src/cli/index.js";
import { claimHome } from "../src/host/index.js";
import { createFolder } from "./folder.js";

async function createHome(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const home = join(await createFolder(), "home");
  await mkdir(home, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(home, name), text, { mode: 0o600 });
  }
  return home;
}

/** A server that answers everything with `status`. */
async function serve(status: number): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe("doctor: Node.js", () => {
  it.each([
    ["18.20.0", "fault"],
    ["20.18.3", "fault"],
    ["20.19.0", "ok"],
    ["22.1.0", "ok"],
    ["24.3.1", "ok"],
    ["21.7.0", "warning"],
    ["26.0.0", "warning"],
  ])("%s is %s", (version, level) => {
    const finding = checkNodeVersion(version);
    expect(finding.level).toBe(level);
    if (level !== "ok") expect(finding.fix).toContain("24");
  });
});

describe("doctor: platform", () => {
  it("says which are tested", () => {
    const linux = { platform: "linux", arch: "x64", glibc: "2.36" };
    expect(checkPlatform(linux).level).toBe("ok");
    for (const other of [
      { ...linux, glibc: undefined },
      { ...linux, arch: "arm64" },
      { ...linux, platform: "darwin", glibc: undefined },
    ]) {
      const { level, message } = checkPlatform(other);
      expect({ level, message }).toEqual({
        level: "warning",
        message: expect.stringContaining("untested") as string,
      });
    }
  });
});

describe("doctor: home", () => {
  it("is fine for its user alone", async () => {
    const home = await createHome({ "keys.json": "{}" });
    expect(await checkHomeRights(home)).toEqual([
      { level: "ok", subject: `home ${home}`, message: "can be written, mode 700" },
    ]);
  });

  it("is not made by looking", async () => {
    const home = join(await createFolder(), "none");
    expect(await checkHomeRights(home)).toMatchObject([{ level: "warning" }]);
    expect(await checkHomeRights(home)).toMatchObject([{ message: "is not there yet" }]);
  });

  it("names a home into which others may write", async () => {
    const home = await createHome();
    await chmod(home, 0o777);
    expect(await checkHomeRights(home)).toMatchObject([
      {
        level: "fault",
        message: expect.stringContaining("777") as string,
        fix: `chmod 700 ${home}`,
      },
    ]);
  });

  it("names files with secrets that others may read or write", async () => {
    const home = await createHome({ "agent-config.yaml": "x", "keys.json": "{}", "other.txt": "" });
    const [config, keys] = [join(home, "agent-config.yaml"), join(home, "keys.json")];
    await chmod(config, 0o644);
    await chmod(keys, 0o666);
    await chmod(join(home, "other.txt"), 0o666);
    const findings = (await checkHomeRights(home)).slice(1);
    expect(findings).toMatchObject([
      { level: "warning", subject: config, fix: `chmod 600 ${config}` },
      { level: "fault", subject: keys, fix: `chmod 600 ${keys}` },
    ]);
  });

  it("says what stands in its place", async () => {
    const home = await createHome({ file: "" });
    const [finding] = await checkHomeRights(join(home, "file"));
    expect(finding).toMatchObject({
      level: "fault",
      message: expect.stringContaining("Remove that file") as string,
    });
  });
});

describe("doctor: disk space", () => {
  it.each([
    [{ bytesMin: 1, bytesWanted: 2 }, "ok"],
    [{ bytesMin: 1, bytesWanted: 1e18 }, "warning"],
    [{ bytesMin: 1e18, bytesWanted: 1e18 }, "fault"],
  ])("compares what is free with %o", async (needs, level) => {
    const finding = await checkDiskSpace(await createHome(), needs);
    expect(finding.level).toBe(level);
    if (level !== "ok") expect(finding.fix).toContain("make room");
  });

  it("looks at the disk of a home that is not there yet", async () => {
    const home = join(await createFolder(), "none");
    expect((await checkDiskSpace(home, { bytesMin: 1, bytesWanted: 2 })).level).toBe("ok");
  });
});

describe("doctor: process", () => {
  it("tells nobody from somebody who answers", async () => {
    const home = await createHome();
    expect(await checkRunning(home, "agent")).toMatchObject({ level: "ok" });
    const claim = await claimHome(home, "agent");
    onTestFinished(() => claim.release());
    expect((await checkRunning(home, "agent")).message).toContain("is starting");
    await claim.publish({ url: `http://127.0.0.1:${String(await serve(200))}` });
    const { level, message } = await checkRunning(home, "agent");
    expect({ level, message }).toEqual({
      level: "ok",
      message: expect.stringContaining(`${String(process.pid)} answers`) as string,
    });
  });

  it("names one that does not answer", async () => {
    const home = await createHome();
    const claim = await claimHome(home, "fusion");
    onTestFinished(() => claim.release());
    await claim.publish({ url: `http://127.0.0.1:${String(await serve(500))}` });
    expect(await checkRunning(home, "fusion")).toMatchObject({
      level: "fault",
      fix: expect.stringContaining("fustor-fusion stop") as string,
    });
  });

  it("takes what a killed one left for no obstacle", async () => {
    const pid = 2 ** 22 + 1;
    const record = JSON.stringify({ pid, bootId: "b", startedAt: 1 });
    const home = await createHome({ "agent.pid": record });
    expect(await checkRunning(home, "agent")).toMatchObject({
      level: "ok",
      message: expect.stringContaining("takes over") as string,
    });
  });
});

describe("doctor: port", () => {
  const question = {
    app: "agent",
    subject: "page",
    host: "127.0.0.1",
    fix: "take another",
  } as const;

  it("can be used", async () => {
    const home = await createHome();
    expect(await checkPort({ ...question, home, port: 0 })).toMatchObject({ level: "ok" });
  });

  it("is named when somebody else has it", async () => {
    const home = await createHome();
    const port = await serve(200);
    expect(await checkPort({ ...question, home, port })).toEqual({
      level: "fault",
      subject: "page",
      message: `127.0.0.1:${String(port)} cannot be used (EADDRINUSE)`,
      fix: "take another",
    });
  });

  it("is fine when it is our own process that has it", async () => {
    const home = await createHome();
    const port = await serve(200);
    const claim = await claimHome(home, "agent");
    onTestFinished(() => claim.release());
    await claim.publish({ url: `http://127.0.0.1:${String(port)}` });
    expect(await checkPort({ ...question, home, port })).toMatchObject({ level: "ok" });
  });
});

describe("doctor: drivers", () => {
  it("names one of another version, and that none is there", async () => {
    const folder = await createFolder({
      "node_modules/fustor-source-old/package.json": JSON.stringify({
        name: "fustor-source-old",
        version: "3.1.4",
        keywords: ["fustor-driver"],
        fustor: { apiVersion: 99, kind: "source", name: "old" },
      }),
    });
    expect(await checkDrivers([folder])).toMatchObject([
      {
        level: "fault",
        subject: "driver fustor-source-old",
        message: expect.stringContaining("99") as string,
        fix: expect.stringContaining(join(folder, "node_modules")) as string,
      },
    ]);
    expect(await checkDrivers([await createFolder()])).toMatchObject([
      { level: "warning", fix: expect.stringContaining("npm install") as string },
    ]);
  });
});
