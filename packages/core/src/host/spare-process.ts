import { spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import { findChildEntry } from "./child-entry.js";
import { encodeFrame } from "./frames.js";

/** What a walk makes is garbage at once: a small young space collects it just as well. */
const YOUNG_SPACE = "--max-semi-space-size=2";

/** Started, and given no source yet. */
let spare: ChildProcess | undefined;

/**
 * Starts a process for the first source that will need one, so that it loads while its host finds
 * out which source that is. It ends by itself when its host does.
 */
export function prepareSourceProcess(childEntry = findChildEntry()): void {
  if (spare !== undefined && isRunning(spare)) return;
  const started = spawnSource(childEntry);
  // Nobody waits for it yet: the source that would have taken it starts another one.
  started.on("error", () => undefined);
  toProcess(started).on("error", () => undefined);
  started.unref();
  spare = started;
}

/**
 * Has the prepared process, if there is one, load a driver while its host still checks what that is
 * to be told. A driver that fails there fails again when it is asked for.
 */
export function preloadDriver(entry: string): void {
  if (spare === undefined || !isRunning(spare)) return;
  toProcess(spare).write(encodeFrame({ t: "load", entry }));
}

/** A source's process that was given no source yet. */
export function takeSourceProcess(childEntry: string): ChildProcess {
  const prepared = spare;
  if (prepared?.spawnargs.at(-1) === childEntry && isRunning(prepared)) {
    spare = undefined;
    prepared.ref();
    return prepared;
  }
  return spawnSource(childEntry);
}

function toProcess({ stdio }: ChildProcess): Writable {
  return stdio[4] as Writable;
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function spawnSource(childEntry: string): ChildProcess {
  return spawn(process.execPath, [YOUNG_SPACE, childEntry], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
}
