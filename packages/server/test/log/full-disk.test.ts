import { Chance, SimulatedDisk } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { SEGMENT_HEADER_BYTES } from "../../src/log/segment.js";
import { appendTo, openAll } from "./crashes.js";
import { RefusingDisk } from "./refusing-disk.js";

/** More than one segment's worth, so that refusals also meet the beginning of one. */
const APPENDS = 12;
const STEPS_MAX = 60;

describe.each(["ENOSPC", "EDQUOT", "EROFS"])("a disk that refuses with %s for a while", (code) => {
  it("costs nothing, whatever step it begins at", async () => {
    let refusals = 0;
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const disk = new RefusingDisk(code, step);
      const opened = await openAll(disk).catch(() => undefined);
      if (opened === undefined) continue;
      const { log, state } = opened;
      const chance = new Chance(step);
      let acknowledged = 0;
      for (let append = 0; append < APPENDS; append += 1) {
        appendTo(opened, chance);
        await log.durable().then(
          () => (acknowledged = state.length),
          () => undefined,
        );
      }
      if (log.failure === undefined) continue;
      refusals += 1;
      expect(log.failure).toContain(code);
      expect(log.failure).toContain("goes on by itself");
      await log.mend();
      expect(log.failure).toContain(code);
      expect(acknowledged).toBeLessThan(state.length);

      disk.allow();
      await log.mend();
      expect(log.failure).toBeUndefined();
      await log.durable();
      appendTo(opened, chance);
      await log.durable();
      disk.real.restart();
      const again = await openAll(disk);
      expect(again.damage).toEqual([]);
      expect(again.state).toEqual(state);
    }
    expect(refusals).toBeGreaterThan(20);
  });

  it("and a crash meanwhile take nothing that was acknowledged", async () => {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const disk = new RefusingDisk(code, step);
      const opened = await openAll(disk).catch(() => undefined);
      let acknowledged = 0;
      for (let append = 0; opened !== undefined && append < APPENDS; append += 1) {
        appendTo(opened, new Chance(step));
        await opened.log.durable().then(
          () => (acknowledged = opened.state.length),
          () => undefined,
        );
        await opened.log.mend();
      }
      disk.allow();
      disk.real.restart();
      const again = await openAll(disk);
      expect(again.damage).toEqual([]);
      expect(again.state.length).toBeGreaterThanOrEqual(acknowledged);
      expect(again.state).toEqual(opened?.state.slice(0, again.state.length) ?? []);
    }
  });
});

describe("a disk that was full", () => {
  /** Some records, and a refusal in the middle of a segment. */
  async function refused() {
    const disk = new RefusingDisk("ENOSPC", Infinity);
    const opened = await openAll(disk);
    for (let append = 0; append < 2; append += 1) appendTo(opened, new Chance(3));
    await opened.log.durable();
    const acknowledged = opened.state.length;
    disk.refuse();
    appendTo(opened, new Chance(3));
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    const [segment = ""] = (await disk.list("/s/log")).filter((name) => name.endsWith(".log"));
    return { disk, opened, acknowledged, path: `/s/log/${segment}` };
  }

  it("is not gone on with where the end of the log is not what was acknowledged", async () => {
    const { disk, opened, path } = await refused();
    disk.real.damage(path, 60);
    disk.allow();
    await opened.log.mend();
    expect(opened.log.failure).toContain("restart Fusion");
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });

  it("is not gone on with where it breaks meanwhile", async () => {
    const { disk, opened, acknowledged } = await refused();
    disk.allow();
    disk.truncate = () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
    await opened.log.mend();
    expect(opened.log.failure).toContain("restart Fusion");
    Reflect.deleteProperty(disk, "truncate");
    await opened.log.mend();
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    disk.real.restart();
    expect((await openAll(disk)).state.length).toBeGreaterThanOrEqual(acknowledged);
  });

  it("has records once that stand at the end of one segment and in the next", async () => {
    const disk = new SimulatedDisk({ chance: new Chance(3) });
    const opened = await openAll(disk);
    const chance = new Chance(3);
    for (let append = 0; append < 12; append += 1) {
      appendTo(opened, chance);
      await opened.log.durable();
    }
    const names = (await disk.list("/s/log")).filter((name) => name.endsWith(".log")).sort();
    const [first = "", second = ""] = names.map((name) => `/s/log/${name}`);
    const twice = (await disk.read(second)).subarray(SEGMENT_HEADER_BYTES);
    const whole = await disk.read(first);
    await disk.remove(first);
    const file = await disk.create(first, { writeThrough: true });
    await file.append([whole, twice, Buffer.from("torn")]);
    await disk.syncFolder("/s/log");

    const again = await openAll(disk);
    expect(again.damage).toEqual([]);
    expect(again.state).toEqual(opened.state);
    expect((await openAll(disk)).state).toEqual(opened.state);
  });
});

describe("a disk that is broken", () => {
  it("is written no more, and what was acknowledged is there after a restart", async () => {
    const disk = new RefusingDisk("EIO", 20);
    const opened = await openAll(disk);
    const chance = new Chance(1);
    let acknowledged = 0;
    while (opened.log.failure === undefined) {
      appendTo(opened, chance);
      await opened.log.durable().then(
        () => (acknowledged = opened.state.length),
        () => undefined,
      );
    }
    disk.allow();
    await opened.log.mend();
    await expect(opened.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(opened.log.failure).toContain("restart Fusion");
    await opened.log.close();
    disk.real.restart();
    const again = await openAll(disk);
    expect(again.damage).toEqual([]);
    expect(again.state.length).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThan(0);
  });
});
