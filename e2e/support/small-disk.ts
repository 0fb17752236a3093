import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEndOfTest } from "./at-end.js";
import type { Need } from "./needs.js";

/** The right to mount a file system that is soon full. */
export const smallDisks: Need = {
  name: "the right to mount a tmpfs (root, or sudo without a password)",
  isThere: canMount(),
};

/** A file system of 1 MB that can be filled to the last byte. */
export interface SmallDisk {
  readonly path: string;
  fill(): Promise<void>;
  /** Undoes `fill`. */
  free(): Promise<void>;
}

/** Gone when the test ends. */
export function createSmallDisk(): SmallDisk {
  const path = mount();
  atEndOfTest(async () => {
    unmount(path);
  });
  const ballast = join(path, "ballast");
  return {
    path,
    fill: async () => {
      const error: unknown = await writeFile(ballast, Buffer.alloc(2 * 1024 * 1024)).catch(
        (reason: unknown) => reason,
      );
      if ((error as NodeJS.ErrnoException | undefined)?.code !== "ENOSPC") {
        throw new Error("The small disk has room for everything.", { cause: error });
      }
    },
    free: () => rm(ballast),
  };
}

function canMount(): boolean {
  try {
    unmount(mount());
    return true;
  } catch {
    return false;
  }
}

function mount(): string {
  const path = mkdtempSync(join(tmpdir(), "fustor-e2e-disk-"));
  try {
    const owner = `uid=${String(process.getuid?.() ?? 0)}`;
    asRoot("mount", "-t", "tmpfs", "-o", `size=1m,mode=0700,${owner}`, "tmpfs", path);
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  return path;
}

function unmount(path: string): void {
  asRoot("umount", "--lazy", path);
  rmSync(path, { recursive: true });
}

function asRoot(...command: readonly string[]): void {
  const words = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command];
  const [program = "", ...args] = words;
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw error ?? new Error(`${words.join(" ")}: ${stderr}`);
}
