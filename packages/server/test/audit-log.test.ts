import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { AuditLog, auditFileOf } from "../src/index.js";
import { createWorld, makeFolder, START } from "./support.js";

async function linesOf(file: string): Promise<object[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
}

describe("the audit log", () => {
  it("tells who decided what, when and with which result, and nothing of who only asks", async () => {
    const world = await createWorld();
    const { id, key } = await world.fusion.keys.create({ scopes: ["admin"] });
    const call = (method: "GET" | "POST" | "DELETE", url: string) =>
      world.call(method, url, undefined, { key });
    await call("GET", "/api/v1/views");
    await call("DELETE", `/api/v1/views/default/reset?key=${key}`);
    await world.clock.advance(1_000);
    await call("POST", "/api/v1/views/default/holds/nothing/approve");
    await world.call("POST", "/api/v1/login", { key }, { key: null });
    // Of those who are refused there is no end.
    const reader = await world.keyFor("query:default");
    await world.call("DELETE", "/api/v1/views/default/reset", undefined, { key: reader });
    await world.call("DELETE", "/api/v1/views/default/reset", undefined, { key: null });
    await world.fusion.close();
    const file = auditFileOf(world.home);
    const who = id;
    expect(await linesOf(file)).toEqual([
      { at: START, who, what: "DELETE /api/v1/views/default/reset", result: 204 },
      {
        at: START + 1_000,
        who,
        what: "POST /api/v1/views/default/holds/nothing/approve",
        result: 404,
      },
      { at: START + 1_000, who, what: "POST /api/v1/login", result: 200 },
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("is bounded: full files are put aside, and the oldest go", async () => {
    const folder = join(await makeFolder(), "state");
    const clock = new ManualClock(START);
    const file = join(folder, "audit.jsonl");
    const audit = new AuditLog(file, { clock, fileBytesMax: 200 });
    for (let i = 0; i < 100; i += 1)
      audit.write({ who: "k", what: `call ${String(i)}`, result: 204 });
    await audit.close();
    const names = (await readdir(folder)).sort();
    expect(names).toEqual([
      "audit.jsonl",
      ...[1, 2, 3, 4, 5].map((age) => `audit.jsonl.${String(age)}`),
    ]);
    for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThan(300);
    // The youngest are there, in order, without a gap.
    const kept: object[] = [];
    for (const name of [...names.slice(1).reverse(), "audit.jsonl"]) {
      kept.push(...(await linesOf(join(folder, name))));
    }
    const first = 100 - kept.length;
    expect(kept.map((entry) => (entry as { what: string }).what)).toEqual(
      kept.map((_, index) => `call ${String(first + index)}`),
    );
  });

  it("is written by several processes at once without a loss", async () => {
    const file = join(await makeFolder(), "audit.jsonl");
    const clock = new ManualClock(START);
    const logs = [1, 2, 3].map(() => new AuditLog(file, { clock }));
    for (let i = 0; i < 20; i += 1) {
      for (const log of logs) log.write({ who: "k", what: "x", result: "done" });
    }
    await Promise.all(logs.map((log) => log.close()));
    expect(await linesOf(file)).toHaveLength(60);
  });

  it("says in the log what it could not write", async () => {
    const errors: object[] = [];
    const logger = { error: (fields: object) => errors.push(fields) };
    const file = join(await makeFolder(), "file");
    await writeFile(file, "");
    const audit = new AuditLog(join(file, "audit.jsonl"), {
      clock: new ManualClock(START),
      logger: logger as never,
    });
    audit.write({ who: "k", what: "x", result: 204 });
    await audit.close();
    expect(errors).toEqual([expect.objectContaining({ who: "k", what: "x" })]);
  });
});
