import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, readlink, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { silentLogger } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { Chance, ManualClock, SimulatedDisk } from "@fustor/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { backUpState, restoreState } from "../../src/log/backup.js";
import { runCheckpoints } from "../../src/log/checkpointing.js";
import { takeLease } from "../../src/log/lease.js";
import type { Disk } from "../../src/log/disk.js";
import { nodeDisk } from "../../src/log/node-disk.js";
import { openStorage, type Storage } from "../../src/log/storage.js";
import { makeFolder } from "../support.js";
import { Sum } from "./sum.js";

const clock = createSystemClock();

/** Opens a state in a folder of its own, and takes in what is given. */
async function openSum(folder: string): Promise<{
  readonly storage: Storage;
  readonly sum: Sum;
  readonly take: (bytes: number) => void;
}> {
  const storage = await openStorage({ folder, clock, logger: silentLogger });
  onTestFinished(() => storage.close());
  const sum = await storage.recover(() => Promise.resolve(new Sum()));
  return {
    storage,
    sum,
    take: (bytes) => {
      storage.log.append({ entry: { kind: "tick", at: 1 }, body: Buffer.alloc(bytes) });
      sum.total += bytes;
    },
  };
}

describe("the lease", () => {
  it("of a process that was killed is no obstacle", async () => {
    const folder = await makeFolder();
    const script = `require("node:net").createServer().listen(process.argv[1], () => console.log("up"))`;
    const child = spawn(process.execPath, ["-e", script, join(folder, "lease")]);
    await once(child.stdout, "data");
    await expect(takeLease(folder, clock)).rejects.toMatchObject({ code: "HOME_IN_USE" });
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await readdir(folder)).toContain("lease");
    const lease = await takeLease(folder, clock);
    await expect(takeLease(folder, clock)).rejects.toMatchObject({ code: "HOME_IN_USE" });
    await lease.release();
    await lease.release();
    await (await takeLease(folder, clock)).release();
  });

  it.runIf(process.platform === "linux")("of a process that is stopped is held", async () => {
    const folder = await makeFolder();
    const script = `require("node:net").createServer().listen({ path: process.argv[1], backlog: 1 }, () => console.log("up"))`;
    const child = spawn(process.execPath, ["-e", script, join(folder, "lease")]);
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    child.kill("SIGSTOP");
    // More callers than there is room for: they are turned away by the kernel.
    const callers = Array.from({ length: 4 }, () => connect(join(folder, "lease")));
    onTestFinished(() => {
      for (const caller of callers) caller.destroy();
    });
    const failed = callers.map(
      (caller) => new Promise((resolve) => caller.once("error", resolve).once("connect", resolve)),
    );
    expect(await Promise.all(failed)).toContainEqual(expect.objectContaining({ code: "EAGAIN" }));
    await expect(takeLease(folder, clock)).rejects.toMatchObject({ code: "HOME_IN_USE" });
  });

  it.runIf(process.platform === "linux")("may lie deeper than a socket may", async () => {
    const folder = join(await makeFolder(), "x".repeat(100));
    await mkdir(folder);
    const lease = await takeLease(folder, clock);
    await expect(takeLease(folder, clock)).rejects.toMatchObject({ code: "HOME_IN_USE" });
    await lease.release();
    await lease.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the disk of this machine", () => {
  it("writes through where that was asked for", async () => {
    const path = join(await makeFolder(), "file");
    const file = await nodeDisk.create(path, { writeThrough: true });
    if (process.platform === "linux") {
      const fds = await readdir("/proc/self/fd");
      const opened = await Promise.all(
        fds.map(async (fd) => {
          const target = await readlink(`/proc/self/fd/${fd}`).catch(() => "");
          return target === path ? [fd] : [];
        }),
      );
      const info = await readFile(`/proc/self/fdinfo/${opened.flat()[0] ?? ""}`, "utf8");
      const flags = parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? "0", 8);
      expect(flags & constants.O_DSYNC).toBe(constants.O_DSYNC);
    }
    await file.append([Buffer.from("ab"), Buffer.from("c")]);
    await file.close();
    expect(await readFile(path, "utf8")).toBe("abc");
  });

  it("makes folders and files that are for their owner alone", async () => {
    const folder = join(await makeFolder(), "state");
    await nodeDisk.makeFolder(folder);
    await (await nodeDisk.create(join(folder, "file"))).close();
    const modes = await Promise.all(
      [folder, join(folder, "file")].map(async (path) => {
        const handle = await open(path, "r");
        const { mode } = await handle.stat();
        await handle.close();
        return mode & 0o777;
      }),
    );
    expect(modes).toEqual([0o700, 0o600]);
  });
});

describe("the storage", () => {
  it.each(["lease", "incarnation", "checkpoints/0000000000000001.checkpoint"])(
    "names a folder that stands where %s belongs",
    async (name) => {
      const folder = await makeFolder();
      await mkdir(join(folder, name), { recursive: true });
      await expect(openSum(folder)).rejects.toMatchObject({
        code: "HOME_UNUSABLE",
        message: expect.stringContaining("a folder stands where a file belongs") as string,
      });
      expect(await readdir(join(folder, name))).toEqual([]);
    },
  );

  it("writes a checkpoint once the tail is long and nothing comes, and cuts the log", async () => {
    const folder = await makeFolder();
    const { storage, sum, take } = await openSum(folder);
    const manual = new ManualClock();
    const stop = new AbortController();
    const running = runCheckpoints({ storage, clock: manual, logger: silentLogger }, stop.signal);
    take(20_000_000);
    await manual.advance(3_000);
    expect(await readdir(join(folder, "checkpoints"))).toEqual([]);
    for (let round = 0; round < 2; round += 1) {
      // Longer than a segment, so that there is something to cut.
      for (let part = 0; part < 4; part += 1) take(20_000_000);
      await storage.log.durable();
      await vi.waitFor(
        async () => {
          await manual.advance(1_000);
          expect(storage.tailBytes).toBe(0);
        },
        { timeout: 15_000 },
      );
    }
    stop.abort();
    await running;
    expect(await readdir(join(folder, "checkpoints"))).toHaveLength(2);
    await storage.close();
    const again = await openSum(folder);
    expect(again.sum.total).toBe(sum.total);
  });

  it("hears nothing of a log that failed, and writes no checkpoint of it", async () => {
    const disk = new SimulatedDisk({ chance: new Chance(1) });
    const folder = await makeFolder();
    const storage = await openStorage({ folder, clock, disk, logger: silentLogger });
    onTestFinished(() => storage.close());
    await storage.recover(() => Promise.resolve(new Sum()));
    disk.crashAt(disk.steps);
    storage.log.append({ entry: { kind: "tick", at: 1 } });
    await expect(storage.log.durable()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    await storage.checkpoint();
    disk.restart();
    expect(await disk.list(join(folder, "checkpoints"))).toEqual([]);
  });

  it("is not misled by a folder that is a link", async () => {
    const real = await makeFolder();
    const link = join(await makeFolder(), "state");
    await symlink(real, link);
    const first = await openSum(link);
    first.take(10);
    await first.storage.log.durable();
    await expect(openSum(real)).rejects.toMatchObject({ code: "HOME_IN_USE" });
  });
});

describe("a backup", () => {
  it("is made while the state is used, and restored where nobody uses it", async () => {
    const folder = await makeFolder();
    const target = join(await makeFolder(), "backup");
    const first = await openSum(folder);
    first.take(100);
    await first.storage.checkpoint();
    first.take(10);
    await first.storage.log.durable();
    await backUpState(folder, target);
    first.take(1);
    await expect(backUpState(folder, target)).rejects.toMatchObject({ code: "USAGE" });
    await expect(restoreState(folder, target, { clock })).rejects.toMatchObject({
      code: "HOME_IN_USE",
    });
    await first.storage.close();
    await restoreState(folder, target, { clock });

    const again = await openSum(folder);
    expect(again.sum.total).toBe(110);
    expect(again.storage.damage).toBeUndefined();
    // What the agents were told since is gone, and this says so.
    expect(again.storage.incarnation).not.toBe(first.storage.incarnation);
    const kept = (await readdir(folder)).find((name) => name.startsWith("before-restore-")) ?? "";
    expect(await readdir(join(folder, kept))).toEqual(["checkpoints", "log"]);
  });

  it("that broke off is none, and costs a state nothing that is to be restored from it", async () => {
    const folder = await makeFolder();
    const { storage, take } = await openSum(folder);
    for (let count = 0; count < 3; count += 1) take(100);
    await storage.checkpoint();
    await storage.close();
    const place = await makeFolder();
    const full = fullAfter(nodeDisk, 1);
    await expect(backUpState(folder, join(place, "b"), full)).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      message: expect.stringContaining("ENOSPC") as string,
    });
    expect(await readdir(place)).toEqual(["b.unfinished"]);
    const unfinished = join(place, "b.unfinished");
    await expect(restoreState(folder, unfinished, { clock })).rejects.toMatchObject({
      code: "USAGE",
    });

    await backUpState(folder, join(place, "b"));
    expect(await readdir(place)).toEqual(["b"]);
    const disk = fullAfter(nodeDisk, 1);
    await expect(restoreState(folder, join(place, "b"), { clock, disk })).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
    await expect(restoreState(folder, folder, { clock })).rejects.toMatchObject({ code: "USAGE" });
    const again = await openSum(folder);
    expect(again.sum.total).toBe(300);
    expect(again.storage.incarnation).toBe(storage.incarnation);
    await again.storage.close();
    await restoreState(folder, join(place, "b"), { clock });
    expect((await openSum(folder)).sum.total).toBe(300);
  });

  it("is not made of nothing, and nothing is restored from it", async () => {
    const empty = await makeFolder();
    const target = join(empty, "backup");
    await expect(backUpState(empty, target)).rejects.toMatchObject({ code: "USAGE" });
    await expect(restoreState(empty, target, { clock })).rejects.toMatchObject({ code: "USAGE" });
  });
});

/** A disk that has room for so many files more. */
function fullAfter(disk: Disk, files: number): Disk {
  let left = files;
  return {
    ...disk,
    create: async (path, options) => {
      left -= 1;
      if (left >= 0) return disk.create(path, options);
      throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
    },
  };
}
