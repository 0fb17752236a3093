import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atEndOfTest } from "./at-end.js";

/** Somebody who works in a folder until told to stop. */
export interface Churn {
  /** How many changes there have been. */
  count(): number;
  /** Resolves when the last change is done. */
  stop(): Promise<void>;
}

/**
 * Makes, rewrites, renames and deletes files and folders below `dir`, a few hundred changes a
 * second. The same calls always, so that a failure can be repeated.
 */
export function startChurn(dir: string): Churn {
  let stopped = false;
  let changes = 0;
  const work = async (): Promise<void> => {
    for (let round = 0; !stopped; round += 1) {
      await changeOnce(join(dir, `churn-${String(round % 7)}`), round);
      changes += 1;
      await sleep(3);
    }
  };
  const working = work();
  const stop = async (): Promise<void> => {
    stopped = true;
    await working;
  };
  atEndOfTest(stop);
  return { count: () => changes, stop };
}

async function changeOnce(folder: string, round: number): Promise<void> {
  const file = join(folder, `f${String(round % 31)}`);
  await mkdir(folder, { recursive: true });
  switch (round % 6) {
    case 0:
    case 1:
      return writeFile(file, "x".repeat(round % 4_000));
    case 2:
      return rm(file, { force: true, recursive: true });
    case 3: {
      const deep = join(folder, `d${String(round % 11)}`, "e", "f");
      await mkdir(deep, { recursive: true });
      return writeFile(join(deep, "leaf"), String(round));
    }
    case 4: {
      await rm(`${folder}-moved`, { force: true, recursive: true });
      return rename(folder, `${folder}-moved`);
    }
    default:
      return rm(join(folder, `d${String(round % 11)}`), { force: true, recursive: true });
  }
}
