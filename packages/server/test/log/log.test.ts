import { crc32 } from "node:zlib";
import { Chance, SimulatedDisk } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import type { Disk } from "../../src/log/disk.js";
import { SegmentLog } from "../../src/log/segment-log.js";
import { appendTo, Broken, checkpointOf, openAll, runHistory, type Opened } from "./crashes.js";

const SEEDS = 12;

describe("the log", () => {
  it("has every acknowledged record after a crash at any step, in order, and no other", async () => {
    let histories = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const steps = await runHistory(seed, Infinity);
      for (let step = 1; step <= steps; step += 1) {
        await runHistory(seed, step);
        histories += 1;
      }
    }
    expect(histories).toBeGreaterThan(500);
  }, 60_000);

  it.each([{ forgetsSyncs: true }, { forgetsFolders: true }])(
    "would not without its syncs: %o",
    async (faults) => {
      let broken = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const steps = await runHistory(seed, Infinity, faults);
        for (let step = 1; step <= steps; step += 5) {
          await runHistory(seed, step, faults).catch((error: unknown) => {
            if (!(error instanceof Broken)) throw error;
            broken += 1;
          });
        }
      }
      expect(broken).toBeGreaterThan(0);
    },
  );

  it("syncs once for what gathers while it writes", async () => {
    const disk = createDisk();
    const opened = await openAll(disk);
    appendTo(opened, new Chance(1));
    await opened.log.durable();
    const before = disk.steps;
    for (let count = 0; count < 50; count += 1) appendTo(opened, new Chance(1));
    await opened.log.durable();
    // Two groups, each a write and its sync, and the name of a new segment.
    expect(disk.steps - before).toBeLessThan(12);
  });

  it("acknowledges nothing more once a write failed, and says why", async () => {
    const disk = createDisk();
    const opened = await openAll(disk);
    appendTo(opened, new Chance(1));
    await opened.log.durable();
    disk.crashAt(disk.steps + 1);
    appendTo(opened, new Chance(1));
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(opened.log.failure).toContain("/s/log");
    const { lastSeq } = opened.log;
    appendTo(opened, new Chance(1));
    expect(opened.log.lastSeq).toBe(lastSeq);
    await opened.log.close();
  });

  it("begins a new segment before one is too large to be read at one go", async () => {
    let created = 0;
    const nothing = async (): Promise<void> => undefined;
    const file = { append: nothing, sync: nothing, close: nothing };
    const disk = {
      create: async () => {
        created += 1;
        return file;
      },
      syncFolder: nothing,
    } as unknown as Disk;
    const segmentBytes = 20_000 * 1024 * 1024;
    const log = new SegmentLog({ disk, folder: "/l", lastSeq: 0, segments: [], segmentBytes });
    const body = Buffer.alloc(100 * 1024 * 1024);
    for (let count = 0; count < 8; count += 1) {
      log.append({ entry: { kind: "tick", at: count }, body });
      await log.durable();
    }
    expect(created).toBe(2);
    await log.close();
  });

  it("sets damaged records aside with all that follow, and goes on", async () => {
    const disk = createDisk();
    const written = await fill(disk, 40);
    const [first = ""] = await segmentsOf(disk);
    disk.damage(`/s/log/${first}`, 300);

    const opened = await openAll(disk);
    expect(opened.damage).toHaveLength(1);
    expect(opened.damage[0]?.reason).toContain(first);
    expect(opened.state.length).toBeGreaterThan(0);
    expect(opened.state.length).toBeLessThan(written);
    expect((await disk.list("/s/log/quarantine")).length).toBeGreaterThan(1);
    const kept = opened.state.length;
    appendTo(opened, new Chance(9));
    await opened.log.durable();

    const again = await openAll(disk);
    expect(again.damage).toEqual([]);
    expect(again.state).toHaveLength(kept + 1);
  });

  it("takes damage in the last segment for damage where later records were acknowledged", async () => {
    const disk = createDisk();
    await fill(disk, 40);
    const last = (await segmentsOf(disk)).at(-1) ?? "";
    disk.damage(`/s/log/${last}`, 40);
    expect((await openAll(disk)).damage).toHaveLength(1);
  });

  it("notices that a segment is missing", async () => {
    const disk = createDisk();
    await fill(disk, 40);
    const [, second = ""] = await segmentsOf(disk);
    await disk.remove(`/s/log/${second}`);
    expect((await openAll(disk)).damage[0]?.reason).toContain("follows");
  });

  it("notices that it ends before its checkpoint", async () => {
    const disk = createDisk();
    const opened = await openAll(disk);
    const chance = new Chance(6);
    for (let count = 0; count < 10; count += 1) appendTo(opened, chance);
    await checkpointOf(opened);
    const last = `/s/log/${(await segmentsOf(disk)).at(-1) ?? ""}`;
    await disk.truncate(last, (await disk.read(last)).length - 1);

    const again = await openAll(disk);
    expect(again.damage).toMatchObject([
      { reason: expect.stringContaining("before the checkpoint of 10") as string, seq: 11 },
    ]);
    expect(again.state).toEqual(opened.state);
    appendTo(again, chance);
    await again.log.durable();
    expect((await openAll(disk)).damage).toEqual([]);
  });

  describe("where a crash cut short a batch that holds what looks like records", () => {
    it("opens, whatever these say", async () => {
      const opened = await openTorn(looksLikeRecord("no entry"));
      expect(opened.damage).toEqual([]);
      expect(opened.state).toHaveLength(3);
    });

    it("does not look through all of them, however many they are", async () => {
      const bytes = 2 * 1024 * 1024;
      const each = looksLikeRecord("");
      each.writeUInt32LE(bytes / 2, 8);
      const opened = await openTorn(Buffer.alloc(bytes, each));
      expect(opened.damage).toHaveLength(1);
      expect(opened.state).toHaveLength(3);
    });

    async function openTorn(body: Buffer): Promise<Opened> {
      const disk = createDisk();
      await fill(disk, 3);
      const { log } = await openAll(disk);
      log.append({
        entry: { kind: "tick", at: 4 },
        body: Buffer.concat([body, Buffer.alloc(100)]),
      });
      await log.close();
      const path = `/s/log/${(await segmentsOf(disk)).at(-1) ?? ""}`;
      await disk.truncate(path, (await disk.read(path)).length - 10);
      return openAll(disk);
    }

    /** Written, by its own words, when a lot was durable. */
    function looksLikeRecord(head: string): Buffer {
      const record = Buffer.concat([Buffer.alloc(28), Buffer.from(head)]);
      record.write("FURL", 0, "latin1");
      record.writeUInt32LE(head.length, 8);
      record.writeUIntLE(1_000, 16, 6);
      record.writeUIntLE(1_000, 22, 6);
      record.writeUInt32LE(crc32(record.subarray(8)), 4);
      return record;
    }
  });

  it("refuses a segment of a newer format, naming both", async () => {
    const disk = createDisk();
    await disk.makeFolder("/s/log");
    const file = await disk.create("/s/log/0000000000000001.log");
    const { segmentHeader } = await import("../../src/log/segment.js");
    const header = segmentHeader(1);
    header.writeUInt32LE(7, 8);
    header.writeUInt32LE(crc32(header.subarray(0, 18)), 18);
    await file.append([header]);
    await expect(openAll(disk)).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(/format 7.*formats up to 1/) as string,
    });
  });

  it("takes the older checkpoint, and more of the log, where the newer is damaged", async () => {
    const disk = createDisk();
    const opened = await openAll(disk);
    const chance = new Chance(5);
    for (let turn = 0; turn < 4; turn += 1) {
      for (let count = 0; count < 10; count += 1) appendTo(opened, chance);
      await checkpointOf(opened);
    }
    appendTo(opened, chance);
    await opened.log.durable();
    const [newest = 0, ...older] = await opened.checkpoints.list();
    expect(older).toHaveLength(1);
    disk.damage(`/s/checkpoints/${String(newest).padStart(16, "0")}.checkpoint`, 60);

    const again = await openAll(disk);
    expect(again.damage).toEqual([]);
    expect(again.state).toEqual(opened.state);
  });
});

function createDisk(): SimulatedDisk {
  return new SimulatedDisk({ chance: new Chance(3) });
}

/** One durable record after the other. */
async function fill(disk: SimulatedDisk, count: number): Promise<number> {
  const opened = await openAll(disk);
  const chance = new Chance(4);
  for (let each = 0; each < count; each += 1) {
    appendTo(opened, chance);
    await opened.log.durable();
  }
  return count;
}

async function segmentsOf(disk: SimulatedDisk): Promise<string[]> {
  return [...(await disk.list("/s/log"))].filter((name) => name.endsWith(".log")).sort();
}
