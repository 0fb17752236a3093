import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEndOfTest, type AtEnd } from "./at-end.js";
import { eventually } from "./eventually.js";
import { program, type Need } from "./needs.js";
import { start } from "./processes.js";

/** What bindfs has to be told so that a mount may hide something; undefined where it cannot mount. */
const over = [[], ["-o", "nonempty"]].find(canMountOver);

/** What mounting a folder a second time takes; not asked for before a test wants it. */
export const secondMounts: Need = {
  name: 'the programs "bindfs", "fusermount3" and "setpriv", and the right to mount with them',
  isThere: over !== undefined && program("setpriv").isThere,
};

export interface MountOptions {
  /** For how long this mount believes what it saw of names and attributes. Default: 0. */
  readonly cacheSec?: number;
  /** Default: unmounted when the test ends. */
  readonly atEnd?: AtEnd;
}

/** One folder, mounted at another place as a host would mount a share. */
export interface Mount {
  readonly at: string;
  /** Also while somebody uses it. */
  unmount(): Promise<void>;
}

/** Mounts `dir` at the folder `at`, which is made when it is not there; resolves when it stands. */
export async function mountAt(
  dir: string,
  at: string,
  { cacheSec = 0, atEnd = atEndOfTest }: MountOptions = {},
): Promise<Mount> {
  mkdirSync(at, { recursive: true });
  const before = deviceOf(at);
  const kept = ["attr_timeout", "entry_timeout", "negative_timeout"].map(
    (each) => `${each}=${String(cacheSec)}`,
  );
  // Whatever becomes of the test, the mount goes with it.
  const bound = ["--pdeathsig", "TERM", "bindfs", "-f"];
  const running = start("setpriv", [...bound, "-o", kept.join(","), ...(over ?? []), dir, at]);
  const unmount = async (): Promise<void> => {
    succeeds("fusermount3", "-u", "-z", at);
    await running.kill();
  };
  atEnd(unmount);
  await eventually(
    () => {
      if (!running.isRunning()) throw new Error(`bindfs has ended: ${running.output()}`);
      return deviceOf(at) !== before || undefined;
    },
    { what: `the mount at ${at}` },
  );
  return { at, unmount };
}

function deviceOf(path: string): number | undefined {
  try {
    return statSync(path).dev;
  } catch {
    return undefined;
  }
}

function canMountOver(options: readonly string[]): boolean {
  const at = mkdtempSync(join(tmpdir(), "fustor-e2e-mount-"));
  mkdirSync(join(at, "there"));
  mkdirSync(join(at, "hidden/below"), { recursive: true });
  const hidden = join(at, "hidden");
  try {
    const isMounted = succeeds("bindfs", ...options, join(at, "there"), hidden);
    return isMounted && succeeds("fusermount3", "-u", "-z", hidden);
  } finally {
    rmSync(at, { recursive: true });
  }
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}
