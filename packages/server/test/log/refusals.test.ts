import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { Chance, SimulatedDisk } from "@fustor/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Disk, OpenFile } from "../../src/log/disk.js";
import { openStorage, type Storage } from "../../src/log/storage.js";
import { makeFolder } from "../support.js";
import { RefusingDisk } from "./refusing-disk.js";
import { Sum } from "./sum.js";

const clock = createSystemClock();
/** More operations than a life of the storage below makes. */
const STEPS_MAX = 70;

/** A life of a storage: what its disk lets it do, up to a clean end. */
async function live(disk: Disk, folder: string, acknowledge: (total: number) => void) {
  const storage = await open(disk, folder);
  try {
    const sum = await storage.recover(() => Promise.resolve(new Sum()));
    acknowledge(sum.total);
    for (let round = 0; round < 3; round += 1) {
      storage.log.append({ entry: { kind: "tick", at: 1 }, body: Buffer.alloc(700) });
      sum.total += 700;
      await storage.log.durable();
      acknowledge(sum.total);
      await storage.checkpoint().catch(() => undefined);
    }
  } finally {
    await storage.close();
  }
}

async function totalOf(disk: Disk, folder: string): Promise<number> {
  const storage = await open(disk, folder);
  const { total } = await storage.recover(() => Promise.resolve(new Sum()));
  expect(storage.damage).toBeUndefined();
  await storage.close();
  return total;
}

function open(disk: Disk, folder: string): Promise<Storage> {
  return openStorage({ folder, clock, disk, logger: silentLogger, segmentBytes: 1_000 });
}

/** The lease is a matter of this machine, whatever the disk is. */
async function makeState(): Promise<string> {
  const folder = join(await makeFolder(), "state");
  await mkdir(folder);
  return folder;
}

describe.each(["ENOSPC", "EROFS", "EIO"])("a disk that refuses with %s", (code) => {
  it("at whatever step costs a start or an acknowledgement, and nothing that was acknowledged", async () => {
    const folder = await makeState();
    const said = new Set<string>();
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const disk = new RefusingDisk(code, step);
      let acknowledged = 0;
      for (let life = 0; life < 2; life += 1) {
        await live(disk, folder, (total) => (acknowledged = total)).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "FustorError" });
          said.add((error as { readonly code: string }).code);
        });
        disk.real.restart();
      }
      disk.allow();
      expect(await totalOf(disk, folder)).toBeGreaterThanOrEqual(acknowledged);
    }
    expect([...said].sort()).toEqual(["HOME_UNUSABLE", "STORAGE_FAILED"]);
  });
});

describe("a disk that cannot read", () => {
  /** A state with two checkpoints, and a tail. */
  async function written() {
    const folder = await makeState();
    const disk = new SimulatedDisk({ chance: new Chance(2) });
    let total = 0;
    await live(disk, folder, (now) => (total = now));
    const storage = await open(disk, folder);
    await storage.recover(() => Promise.resolve(new Sum()));
    storage.log.append({ entry: { kind: "tick", at: 1 }, body: Buffer.alloc(5) });
    await storage.log.durable();
    await storage.close();
    return { folder, disk, total: total + 5 };
  }

  /** The disk, whose newest file of a sort cannot be read. */
  async function blinded(disk: SimulatedDisk, folder: string, code: string): Promise<Disk> {
    const newest = [...(await disk.list(folder))].filter((name) => /^\d/.test(name)).sort();
    const path = join(folder, newest.at(-1) ?? "");
    const refusal = (): Promise<never> =>
      Promise.reject(Object.assign(new Error(code), { code, syscall: "read" }));
    const read = (asked: string) => (asked === path ? refusal() : disk.read(asked));
    // Like a sector that is gone: it can be opened, and its beginning can be read.
    const openToRead = async (asked: string): Promise<OpenFile> => {
      const file = await disk.open(asked);
      if (asked !== path) return file;
      return { ...file, read: (at, chunks) => (at > 0 ? refusal() : file.read(at, chunks)) };
    };
    return new Proxy<Disk>(disk, {
      get: (target, name) => {
        if (name === "read" || name === "open") return name === "read" ? read : openToRead;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  it("its newest checkpoint is given the one before", async () => {
    const { folder, disk, total } = await written();
    const blind = await blinded(disk, join(folder, "checkpoints"), "EIO");
    expect(await totalOf(blind, folder)).toBe(total);
  });

  it("the end of its log sets it aside, and starts", async () => {
    const { folder, disk, total } = await written();
    const storage = await open(await blinded(disk, join(folder, "log"), "EIO"), folder);
    onTestFinished(() => storage.close());
    const sum = await storage.recover(() => Promise.resolve(new Sum()));
    expect(storage.damage).toContain("cannot read");
    expect(sum.total).toBe(total - 5);
    expect(await disk.list(join(folder, "log/quarantine"))).toHaveLength(1);
    await storage.close();
    expect(await totalOf(disk, folder)).toBe(total - 5);
  });

  it("a folder where a file stands says so", async () => {
    const { folder, disk } = await written();
    const storage = await open(await blinded(disk, join(folder, "log"), "ENOTDIR"), folder);
    onTestFinished(() => storage.close());
    await expect(storage.recover(() => Promise.resolve(new Sum()))).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining("a file stands where a folder belongs") as string,
    });
  });

  it.each(["checkpoints", "log"])("%s for want of a right loses none of them", async (part) => {
    const { folder, disk, total } = await written();
    const before = await disk.list(join(folder, part));
    const storage = await open(await blinded(disk, join(folder, part), "EACCES"), folder);
    onTestFinished(() => storage.close());
    await expect(storage.recover(() => Promise.resolve(new Sum()))).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining("EACCES") as string,
    });
    await storage.close();
    expect(await disk.list(join(folder, part))).toEqual(before);
    expect(await totalOf(disk, folder)).toBe(total);
  });
});
