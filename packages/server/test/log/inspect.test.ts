import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectState } from "../../src/index.js";
import { createWorld, makeFolder, openV2, push, snapshot, change } from "../support.js";

/** A state with a log and a checkpoint. Its Fusion is stopped unless it is to run on. */
async function createState({ isRunning = false, files = 1 } = {}) {
  const home = await makeFolder();
  const world = await createWorld({ storage: "disk" }, {}, { home });
  const session = await openV2(world);
  await snapshot(world, session, { "/": Array.from({ length: files }, (_, i) => `x${String(i)}`) });
  for (let seq = 1; seq <= 5; seq += 1) {
    await push(world, session, "realtime", seq, [change(`/f${String(seq)}`, world.clock.now())]);
  }
  if (!isRunning) await world.fusion.close();
  const state = join(home, "state");
  const [segment = ""] = await readdir(join(state, "log"));
  return { state, segment: join(state, "log", segment) };
}

describe("inspectState", () => {
  it("finds a state whole, and changes nothing in it", async () => {
    const { state, segment } = await createState();
    const before = await readFile(segment);
    expect(await inspectState(state)).toEqual({
      holder: undefined,
      segments: 1,
      records: expect.any(Number) as number,
      logBytes: before.length,
      checkpoints: 0,
      checkpointBytes: 0,
      damage: [],
      setAside: 0,
    });
    expect(await readFile(segment)).toEqual(before);
  });

  it("says who uses it", async () => {
    const { state } = await createState({ isRunning: true });
    const report = await inspectState(state);
    expect(report).toMatchObject({ holder: String(process.pid), damage: [] });
    expect(report?.records).toBeGreaterThan(5);
  });

  it("names a byte that is wrong", async () => {
    const { state, segment } = await createState();
    const bytes = await readFile(segment);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(segment, bytes);
    const { damage } = (await inspectState(state)) ?? {};
    expect(damage).toEqual([
      expect.stringMatching(/0000000000000001\.log is damaged at byte \d+$/) as string,
    ]);
  });

  it("takes an end that a crash cut short for no damage", async () => {
    const { state, segment } = await createState();
    const { length } = await readFile(segment);
    await truncate(segment, length - 3);
    expect(await inspectState(state)).toMatchObject({ damage: [] });
  });

  it("names a log that ends before its checkpoint", async () => {
    const { state, segment } = await createState({ files: 20_000 });
    expect(await inspectState(state)).toMatchObject({ checkpoints: 1, damage: [] });
    await truncate(segment, 40);
    const { damage } = (await inspectState(state)) ?? {};
    expect(damage).toEqual([expect.stringContaining("though a checkpoint stands for") as string]);
  });

  it("names a checkpoint that is damaged, and counts what was set aside", async () => {
    const { state, segment } = await createState();
    const checkpoint = join(state, "checkpoints", "0000000000000003.checkpoint");
    await writeFile(checkpoint, "no checkpoint at all, but long enough for a header");
    await mkdir(join(state, "log", "quarantine"));
    await copyFile(segment, join(state, "log", "quarantine", "0000000000000001.log.1"));
    expect(await inspectState(state)).toMatchObject({
      checkpoints: 1,
      damage: [`${checkpoint} has no header`],
      setAside: 1,
    });
  });

  it("finds nothing where there is none", async () => {
    expect(await inspectState(join(await makeFolder(), "state"))).toBeUndefined();
  });
});
