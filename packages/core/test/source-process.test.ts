import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { silentLogger, type Logger, type SourceDriver } from "@fustor/core";
import { collect, until } from "@fustor/testkit";
import { build } from "tsup";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeFrame } from "../src/host/frames.js";
import type { PackingSource } from "../src/host/packs.js";
import { createSourceProcess, type SourceProcessOptions } from "../src/host/source-process.js";
import { preloadDriver, prepareSourceProcess } from "../src/host/spare-process.js";
import { createSystemClock } from "../src/host/system-clock.js";

/**
 * The driver that all of these tests run, in a real process. Its config says how it behaves.
 */
const DRIVER = `
const at = { source: "snapshot", startedAt: 1, endedAt: 2 };
const listing = (n, rows) => ({
  kind: "listing", ...at, scope: "/" + n, complete: true, part: 0, last: true,
  entries: { fields: ["name", "size"], rows: Array.from({ length: rows }, (_, i) => ["f" + i, i]) },
});
export default {
  apiVersion: 1, kind: "source", name: "trial",
  configSchema: { type: "object", properties: {} },
  create(config, context) {
    if (config.failCreate) throw new Error("no such thing");
    if (config.print) { console.log("hello from stdout"); console.error("hello from stderr"); }
    context.logger.info({ n: 1, err: new Error("logged") }, "driver logged");
    let pulled = 0;
    const driver = {
      async describe() {
        return { schema: "trial", uri: "trial://" + config.secret, identity: config.renamed === true ? String(process.pid) : context.id,
          scope: { argv: process.argv.slice(2), now: context.clock.now() },
          facts: { env: Object.values(process.env).includes(config.secret), pid: process.pid } };
      },
      async watch(signal) {
        if (config.failWatch) {
          throw Object.assign(new Error("root is missing"),
            { code: "SOURCE_UNAVAILABLE", retryable: true });
        }
        return (async function* () {
          for (let n = 0; !signal.aborted; n += 1) {
            yield listing("w" + n, 1);
            await new Promise((r) => setTimeout(r, 5));
          }
        })();
      },
      async *snapshot(signal) {
        for (let n = 0; n < config.listings && !signal.aborted; n += 1) {
          pulled += 1;
          if (n === config.dieAt) process.kill(process.pid, "SIGKILL");
          if (n === config.throwAt) throw new TypeError("cannot read x of undefined");
          if (n === config.hangAt) for (;;);
          if (n === config.growAt) { globalThis.ballast = Buffer.alloc(400 * 1024 * 1024, 1); }
          yield listing(n, config.rows ?? 1);
          if (n === config.growAt) await new Promise((r) => setTimeout(r, 60_000));
        }
      },
      status: () => ({ pulled }),
      async close() { if (config.hangClose) await new Promise(() => undefined); },
    };
    if (config.canScan) {
      driver.scan = async function* ({ scope, recursive }) {
        yield { kind: "lost", ...at, scope, reason: String(recursive) };
      };
    }
    if (config.canProbe) {
      driver.probe = async function* (keys) {
        const upserts = { fields: ["path"], rows: [] };
        yield { kind: "change", ...at, source: "sentinel", upserts, deletes: keys };
      };
    }
    if (config.canAudit) {
      driver.audit = async function* (signal, request) {
        yield { kind: "lost", ...at, scope: "/", reason: JSON.stringify(request) };
      };
    }
    return driver;
  },
};
`;

let folder: string;
const sources: SourceDriver[] = [];
const stop = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fustor-source-"));
  await writeFile(join(folder, "driver.mjs"), DRIVER);
  // A plain child process has no loader for TypeScript.
  await build({
    entry: [fileURLToPath(new URL("../src/host/source-child.ts", import.meta.url))],
    outDir: folder,
    format: "esm",
    outExtension: () => ({ js: ".mjs" }),
    config: false,
    silent: true,
  });
});

afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
});

afterAll(() => rm(folder, { recursive: true }));

describe("source process", () => {
  it("is the driver's source, with its config kept out of argv and env", async () => {
    const source = start({ secret: "s3cret-value" });
    const before = createSystemClock(anchor).now();
    const { uri, identity, scope, facts } = await source.describe(stop.signal);
    expect({ uri, identity }).toEqual({ uri: "trial://s3cret-value", identity: "trial" });
    expect(scope["argv"]).toEqual([]);
    expect(facts["env"]).toBe(false);
    expect(scope["now"]).toBeGreaterThanOrEqual(before);
    expect(facts["pid"]).not.toBe(process.pid);
  });

  it("has the capabilities of its driver once described", async () => {
    const [scanning, plain] = [start({ canScan: true }), start({})];
    await scanning.describe(stop.signal);
    await plain.describe(stop.signal);
    expect(plain).toMatchObject({ scan: undefined, audit: undefined, probe: undefined });
    expect(scanning).toMatchObject({ audit: undefined });
    const request = { scope: "/a", recursive: true };
    const messages = await collect(scanning.scan?.(request, stop.signal) ?? nothing());
    expect(messages).toMatchObject([{ kind: "lost", scope: "/a", reason: "true" }]);
  });

  it("hands on which keys to look at, and how to tell a walk", async () => {
    const source = start({ canProbe: true, canAudit: true });
    await source.describe(stop.signal);
    const keys = ["/a", "/b\udcff"];
    expect(await collect(source.probe?.(keys, stop.signal) ?? nothing())).toMatchObject([
      { kind: "change", source: "sentinel", deletes: keys },
    ]);
    const request = { digests: true };
    expect(await collect(source.audit?.(stop.signal, request) ?? nothing())).toMatchObject([
      { reason: JSON.stringify(request) },
    ]);
    expect(await collect(source.audit?.(stop.signal) ?? nothing())).toMatchObject([
      { reason: "{}" },
    ]);
  });

  it("delivers a snapshot whole and in order", async () => {
    const source = start({ listings: 5_000, rows: 20 });
    const messages = await collect(source.snapshot(stop.signal));
    expect(messages.map((m) => (m.kind === "listing" ? m.scope : ""))).toEqual(
      Array.from({ length: 5_000 }, (_, n) => `/${String(n)}`),
    );
  });

  it("packs listings by the module that it is told, and nothing else", async () => {
    const packer = await writePacker(
      "names.mjs",
      "export const pack = (all) => Buffer.from(all.map(({ scope }) => scope).join());",
    );
    const source = start({ listings: 5, rows: 3, canAudit: true });
    const walk = source.packedWalk("snapshot", {}, { module: packer, rowsMax: 8 }, stop.signal);
    const packs = await collect(walk);
    expect(packs.map((each) => (each.kind === "pack" ? String(each.bytes) : ""))).toEqual([
      "/0,/1",
      "/2,/3",
      "/4",
    ]);
    expect(packs[0]).toMatchObject({ rows: 8, messages: 2, scopes: ["/0", "/1"], endedAt: 2 });
    await source.describe(stop.signal);
    const audit = source.packedWalk("audit", {}, { module: packer, rowsMax: 8 }, stop.signal);
    expect(await collect(audit)).toMatchObject([{ kind: "lost" }]);
  });

  it("sends listings as they are where the module to pack them cannot be loaded", async () => {
    const module = pathToFileURL(join(folder, "missing.mjs")).href;
    const source = start({ listings: 2 });
    const walk = source.packedWalk("snapshot", {}, { module, rowsMax: 8 }, stop.signal);
    expect(await collect(walk)).toMatchObject([{ kind: "listing" }, { kind: "listing" }]);
  });

  it("makes the walk wait for whoever takes its packs", async () => {
    const packer = await writePacker("ones.mjs", "export const pack = () => Buffer.alloc(1);");
    const source = start({ listings: 10_000, rows: 20 });
    const packing = { module: packer, rowsMax: 1_000 };
    const walk = source.packedWalk("snapshot", {}, packing, stop.signal)[Symbol.asyncIterator]();
    await walk.next();
    await until(() => Number(source.status?.()["pulled"]) > 900);
    // 10,000 listings of 21 rows stand behind a window of 20,000 rows.
    expect(source.status?.()["pulled"]).toBeLessThan(2_000);
    await walk.return?.();
  });

  it("takes the process that was prepared for it, and none that has died meanwhile", async () => {
    const childEntry = join(folder, "source-child.mjs");
    prepareSourceProcess(childEntry);
    const prepared = childrenOf(process.pid);
    const [first, second] = [start({}), start({})];
    const { facts } = await first.describe(stop.signal);
    expect(prepared).toContain(facts["pid"]);
    expect((await second.describe(stop.signal)).facts["pid"]).not.toBe(facts["pid"]);

    prepareSourceProcess(childEntry);
    const [doomed] = childrenOf(process.pid).filter(
      (pid) => !prepared.includes(pid) && pid !== second.status?.()["pid"],
    );
    if (doomed === undefined) throw new Error("no process was prepared");
    process.kill(doomed, "SIGKILL");
    await until(() => !isRunning(doomed));
    expect((await start({}).describe(stop.signal)).facts["pid"]).not.toBe(doomed);
  });

  it("lets the process that is prepared load its driver before it is given a source", async () => {
    const mark = join(folder, "loaded");
    const eager = join(folder, "eager.mjs");
    const saying = `import { appendFileSync } from "node:fs";
      appendFileSync(${JSON.stringify(mark)}, String(process.pid) + " ");`;
    await writeFile(eager, saying + DRIVER);
    const loads = () => (existsSync(mark) ? readFileSync(mark, "utf8").trim().split(" ") : []);
    prepareSourceProcess(join(folder, "source-child.mjs"));
    preloadDriver(eager);
    await until(() => loads().length === 1);
    const { facts } = await start({}, { entry: eager }).describe(stop.signal);
    expect(loads()).toEqual([String(facts["pid"])]);
  });

  it("says what is wrong with a driver that was to be loaded early too", async () => {
    prepareSourceProcess(join(folder, "source-child.mjs"));
    const broken = join(folder, "broken.mjs");
    await writeFile(broken, 'throw new Error("no such luck");');
    preloadDriver(broken);
    await expect(start({}, { entry: broken }).describe(stop.signal)).rejects.toThrow(
      "no such luck",
    );
  });

  it("lets a stalled snapshot wait without holding up the watch", async () => {
    const source = start({ listings: 10_000, rows: 20 });
    const snapshot = source.snapshot(stop.signal)[Symbol.asyncIterator]();
    await snapshot.next();
    const watched = await collect(await source.watch(stop.signal), 50);
    expect(watched).toHaveLength(50);
    await until(() => Number(source.status?.()["pulled"]) > 0);
    // 10,000 listings of 21 rows stand behind a window of 20,000 rows.
    expect(source.status?.()["pulled"]).toBeLessThan(2_000);
    await snapshot.return?.();
  });

  it("stops the driver's stream when the consumer leaves or aborts", async () => {
    const source = start({ listings: 1_000_000, rows: 20 });
    await collect(source.snapshot(stop.signal), 5_000);
    const abort = new AbortController();
    const walk = collect(source.snapshot(abort.signal));
    await until(() => Number(source.status?.()["pulled"]) > 5_000);
    abort.abort();
    await walk;
    const still = async () => {
      const before = source.status?.()["pulled"];
      await createSystemClock().sleep(1_100);
      return before === source.status?.()["pulled"];
    };
    await until(still, { what: "the walk to stop" });
  });

  it("passes coded errors on as they are", async () => {
    const source = start({ failWatch: true });
    await expect(source.watch(stop.signal)).rejects.toMatchObject({
      code: "SOURCE_UNAVAILABLE",
      message: "root is missing",
      retryable: true,
    });
  });

  it("names an error that the driver did not expect", async () => {
    const walk = collect(start({ listings: 9, throwAt: 3 }).snapshot(stop.signal));
    await expect(walk).rejects.toMatchObject({
      code: "SOURCE_CRASHED",
      message: expect.stringContaining("cannot read x of undefined") as string,
      retryable: true,
    });
  });

  it("rejects all streams when the process dies, and starts again at the next call", async () => {
    const source = start({ listings: 9, dieAt: 3 });
    const first = await source.describe(stop.signal);
    const watch = collect(await source.watch(stop.signal));
    const crash = { code: "SOURCE_CRASHED", retryable: true };
    const [watched] = await Promise.allSettled([watch, collect(source.snapshot(stop.signal))]);
    expect(watched).toMatchObject({ status: "rejected", reason: crash });
    const again = await source.describe(stop.signal);
    expect(again.facts["pid"]).not.toBe(first.facts["pid"]);
    expect(source.status?.()["restarts"]).toBe(1);
  });

  it("takes no other thing for what its first process described", async () => {
    const source = start({ listings: 9, dieAt: 3, renamed: true });
    await source.describe(stop.signal);
    await collect(source.snapshot(stop.signal)).catch(() => undefined);
    const another = { code: "SOURCE_UNAVAILABLE", retryable: true };
    await expect(collect(source.snapshot(stop.signal))).rejects.toMatchObject(another);
    await expect(source.watch(stop.signal)).rejects.toMatchObject(another);
  });

  it("says why a driver cannot be created", async () => {
    const failed = start({ failCreate: true }).describe(stop.signal);
    await expect(failed).rejects.toThrow(/"trial".*no such thing/);
  });

  it("kills a process that is silent for too long", async () => {
    const walk = collect(
      start({ listings: 9, hangAt: 3 }, { silenceMs: 2_000 }).snapshot(stop.signal),
    );
    await expect(walk).rejects.toThrow(/silent for 2 s/);
  });

  it("kills a process that grows too large", async () => {
    const walk = collect(
      start({ listings: 9, growAt: 3 }, { maxRssMb: 300 }).snapshot(stop.signal),
    );
    await expect(walk).rejects.toThrow(/MB of memory/);
  });

  it("hands what the driver prints and logs to the logger", async () => {
    const lines: unknown[] = [];
    const log = (fields: object, message: string) => lines.push({ message, ...fields });
    const logger: Logger = { ...silentLogger, info: log, warn: log };
    await start({ print: true }, { logger }).describe(stop.signal);
    await until(() => lines.length >= 4);
    expect(lines).toEqual(
      expect.arrayContaining([
        { message: "source printed", line: "hello from stdout" },
        { message: "source printed", line: "hello from stderr" },
        expect.objectContaining({ message: "driver logged", n: 1 }),
      ]),
    );
    expect(JSON.stringify(lines)).toContain('"message":"logged"');
  });

  it("leaves no process behind, even of a driver that does not close", async () => {
    const source = start({ hangClose: true });
    const { facts } = await source.describe(stop.signal);
    const closing = source.close();
    await Promise.all([closing, source.close()]);
    expect(isRunning(Number(facts["pid"]))).toBe(false);
    await expect(source.describe(stop.signal)).rejects.toThrow(/is closed/);
  });

  it("ends with its host, whatever the driver does", async () => {
    const entry = join(folder, "source-child.mjs");
    const orphan = spawn(process.execPath, [entry], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const exited = once(orphan, "exit");
    const config = { listings: 1 };
    const init = { t: "init", config, id: "orphan", home: folder, clockAnchor: anchor } as const;
    const toChild = orphan.stdio[4] as Writable;
    toChild.write(encodeFrame({ ...init, entry: join(folder, "driver.mjs") }));
    await once(orphan.stdio[3] as Readable, "data");
    toChild.destroy();
    await exited;
  });

  it("stops waiting when the caller aborts", async () => {
    const abort = new AbortController();
    const source = start({});
    const described = source.describe(abort.signal);
    abort.abort(new Error("changed my mind"));
    await expect(described).rejects.toThrow("changed my mind");
    await expect(source.describe(stop.signal)).resolves.toBeDefined();
  });

  it("starts before the first call where that is wanted, and only once", async () => {
    const source = start({}, { startNow: true });
    await until(() => source.status?.()["pid"] !== undefined);
    const pid = source.status?.()["pid"];
    const { facts } = await source.describe(stop.signal);
    expect(facts["pid"]).toBe(pid);
    expect(source.status?.()["restarts"]).toBe(0);
  });

  it("tells the first call that an early start failed", async () => {
    const source = start({ failCreate: true }, { startNow: true });
    await expect(source.describe(stop.signal)).rejects.toThrow("no such thing");
  });

  it("can be closed before anybody has waited for an early start", async () => {
    const source = start({}, { startNow: true });
    const pid = Number(source.status?.()["pid"]);
    expect(isRunning(pid)).toBe(true);
    await source.close();
    expect(isRunning(pid)).toBe(false);
  });
});

const { anchor } = createSystemClock();

function start(config: object, options: Partial<SourceProcessOptions> = {}): PackingSource {
  const source = createSourceProcess({
    entry: join(folder, "driver.mjs"),
    childEntry: join(folder, "source-child.mjs"),
    config,
    id: "trial",
    home: folder,
    logger: silentLogger,
    clock: createSystemClock(anchor),
    random: () => 0,
    ...options,
  });
  sources.push(source);
  return source;
}

async function writePacker(name: string, code: string): Promise<string> {
  await writeFile(join(folder, name), code);
  return pathToFileURL(join(folder, name)).href;
}

function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${String(pid)}/task`);
  const read = (task: string) =>
    readFileSync(`/proc/${String(pid)}/task/${task}/children`, "utf8").split(" ");
  return tasks.flatMap(read).filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function* nothing(): AsyncGenerator<never> {
  // For a source without the capability.
}
