import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AtEnd } from "./at-end.js";
import { makeFolder } from "./folders.js";
import type { Need } from "./needs.js";

const library = findLibrary();

/** What lets a process live in another time (Debian's package is called `faketime`). */
export const falseClocks: Need = {
  name: "libfaketime (libfaketimeMT.so.1)",
  isThere: library !== undefined,
};

/** A wall clock that is wrong, for processes that are started with `env`. */
export interface FalseClock {
  readonly env: Readonly<Record<string, string>>;
  /** By how much it is ahead from now on, in seconds. */
  set(aheadSec: number): void;
}

/** Only what a process reads of the time is false: what the kernel writes on files is not. */
export async function startFalseClock(aheadSec: number, atEnd: AtEnd): Promise<FalseClock> {
  const file = join(await makeFolder("clock", { atEnd }), "ahead");
  const line = (seconds: number): string => `${seconds < 0 ? "" : "+"}${String(seconds)}s\n`;
  await writeFile(file, line(aheadSec));
  return {
    env: {
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: "1",
      // A machine's monotonic clock goes on, whatever is done to its wall clock.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
    set: (seconds) => {
      writeFileSync(file, line(seconds));
    },
  };
}

function findLibrary(): string | undefined {
  const folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].filter(existsSync);
  const places = folders.flatMap((folder) => {
    const inside = readdirSync(folder, { withFileTypes: true });
    const machines = inside.filter((each) => each.isDirectory()).map(({ name }) => name);
    return ["", ...machines].map((name) => join(folder, name, "faketime/libfaketimeMT.so.1"));
  });
  return places.find(existsSync);
}
