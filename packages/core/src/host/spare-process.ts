import { spawn, type ChildProcess } from "node:child_process";
import { findChildEntry } from "./child-entry.js";

/** What a walk makes is garbage at once: a small young space collects it just as well. */
const YOUNG_SPACE = "--max-semi-space-size=2";

/** Started, and told nothing yet. */
let spare: ChildProcess | undefined;

/**
 * Starts a process for the first source that will need one, so that it loads while its host finds
 * out which source that is. It ends by itself when its host does.
 */
export function prepareSourceProcess(childEntry = findChildEntry()): void {
  if (spare !== undefined) return;
  const started = spawnSource(childEntry);
  // Nobody waits for it yet: the source that would have taken it starts another one.
  started.on("error", () => undefined);
  started.unref();
  spare = started;
}

/** A source's process that was told nothing yet. */
export function takeSourceProcess(childEntry: string): ChildProcess {
  const prepared = spare;
  if (prepared?.spawnargs.at(-1) === childEntry && isRunning(prepared)) {
    spare = undefined;
    prepared.ref();
    return prepared;
  }
  return spawnSource(childEntry);
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function spawnSource(childEntry: string): ChildProcess {
  return spawn(process.execPath, [YOUNG_SPACE, childEntry], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
}
