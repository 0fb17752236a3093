import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, afterAll, describe, expect, it, onTestFinished } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { claimHome, readClaim, startDaemon, stopProcess, exitCodeOf } from "../src/host/index.js";
import { isAlive } from "../src/host/process-identity.js";
import { buildCore } from "./built-core.js";
import { createFolder } from "./folder.js";

let built: string;
let host: string;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), "fustor-core-built-"));
  await buildCore(built, "daemon.js");
  host = `${built}/host`;
});

afterAll(() => rm(built, { recursive: true, force: true }));

/** Starts a daemon that runs `code`, in a home of its own. */
async function start(code: string, { readyMs = 15_000 } = {}) {
  const home = await createFolder({
    "entry.mjs": `
      import { reportFailure, reportReady } from "${host}/daemon.js";
      import { claimHome } from "${host}/pid-file.js";
      const home = process.argv[2];
      const live = () => setInterval(() => undefined, 1000);
      ${code}`,
  });
  const logFile = join(home, "logs", "agent.log");
  onTestFinished(async () => {
    await stopProcess(home, "agent", { timeoutMs: 0 });
  });
  const starting = startDaemon({
    entry: join(home, "entry.mjs"),
    args: [home],
    env: process.env,
    logFile,
    app: "agent",
    home,
    readyMs,
  });
  return { home, logFile, starting };
}

describe("startDaemon", () => {
  it("returns what the daemon has to say once it is ready, and leaves it running", async () => {
    const { home, starting } = await start(`
      await claimHome(home, "agent");
      await reportReady(["console at http://127.0.0.1:1"]);
      live();
    `);

    const { pid, lines } = await starting;

    expect(lines).toEqual(["console at http://127.0.0.1:1"]);
    expect(await readClaim(home, "agent")).toMatchObject({ pid, alive: true });
    expect(await stopProcess(home, "agent", { timeoutMs: 10_000 })).toBe("stopped");
    expect(isAlive({ pid })).toBe(false);
  });

  it("gives the daemon the log for what it prints, and the home as its folder", async () => {
    const { home, logFile, starting } = await start(`
      console.log("in " + process.cwd());
      console.error("to stderr");
      await reportReady([]);
    `);
    await starting;
    await expect.poll(() => readFile(logFile, "utf8")).toBe(`in ${home}\nto stderr\n`);
  });

  it("passes on why the daemon gave up, with its exit code", async () => {
    const { starting } = await start(`
      await reportFailure("c.yaml is not valid", 78);
      process.exit(78);
    `);
    const error: unknown = await starting.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "START_FAILED", message: "c.yaml is not valid" });
    expect(exitCodeOf(error)).toBe(78);
  });

  it("shows the end of the log of a daemon that died silently, and only what it wrote", async () => {
    const { home, logFile, starting } = await start("await 0;");
    await starting.catch(() => undefined);
    await writeFile(logFile, "from yesterday\n");
    await writeFile(join(home, "entry.mjs"), 'console.error("no disk"); process.exit(7);');

    const again = startDaemon({
      entry: join(home, "entry.mjs"),
      args: [],
      env: process.env,
      logFile,
      app: "agent",
      home,
      readyMs: 15_000,
    });

    await expect(again).rejects.toThrow(
      `fustor-agent ended while it started (exit code 7). The end of ${logFile}:\n  no disk`,
    );
  });

  it("says so when a daemon died without a word", async () => {
    const { logFile, starting } = await start("process.kill(process.pid, 'SIGKILL');");
    await expect(starting).rejects.toThrow(
      `fustor-agent ended while it started (SIGKILL). It wrote nothing into ${logFile}.`,
    );
  });

  it("stops a daemon that does not get ready", async () => {
    const { home, logFile, starting } = await start(`await claimHome(home, "agent"); live();`, {
      readyMs: 1_500,
    });
    await expect(starting).rejects.toThrow(
      `fustor-agent was not ready within 2 s and was stopped. Its log says why: ${logFile}`,
    );
    expect((await readClaim(home, "agent"))?.alive).not.toBe(true);
  });
});

describe("reporting in a process that is no daemon", () => {
  it("does nothing", async () => {
    const { reportFailure, reportReady } = await import("../src/host/index.js");
    await reportReady([]);
    await reportFailure("no", 1);
    expect(process.connected).toBe(process.send !== undefined);
  });
});

describe("stopProcess", () => {
  it("kills a process that does not end by itself", async () => {
    const { home, starting } = await start(`
      process.on("SIGTERM", () => undefined);
      await claimHome(home, "agent");
      await reportReady([]);
      live();
    `);
    const { pid } = await starting;
    expect(await stopProcess(home, "agent", { timeoutMs: 50 })).toBe("killed");
    expect(isAlive({ pid })).toBe(false);
  });

  it("signals nobody when the number belongs to another process by now", async () => {
    const home = await createFolder();
    await claimHome(home, "agent");
    const claim = JSON.parse(await readFile(join(home, "agent.pid"), "utf8")) as object;
    await writeFile(join(home, "agent.pid"), JSON.stringify({ ...claim, startTicks: "1" }));
    // It would end this very test.
    expect(await stopProcess(home, "agent", { timeoutMs: 50 })).toBe("not running");
  });

  it("says when nobody runs", async () => {
    expect(await stopProcess(await createFolder(), "agent", { timeoutMs: 50 })).toBe("not running");
  });
});
