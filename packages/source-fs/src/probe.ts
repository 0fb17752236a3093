import { setImmediate as nextTurn } from "node:timers/promises";
import type { Message } from "@fustor/core";
import { isValidPath } from "@fustor/schema-fs";
import { Ground } from "./ground.js";
import type { Place } from "./listing.js";
import { ProbeAnswers } from "./probe-answers.js";

/** Names whose looks make one message: few enough to be looked at in one go. */
const BATCH_NAMES = 200;

/**
 * Looks at names that are in doubt, each by its path from the root. Nothing is said of names that
 * are not reported, nor of those whose directories changed while they were looked at: they stay in
 * doubt.
 *
 * Throws `SOURCE_UNAVAILABLE` when the root went away: what was seen then proves nothing.
 */
export async function* probePaths(
  place: Place,
  paths: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const reported = [...new Set(paths)].filter((path) => mayBeReported(place, path));
  for (let start = 0; start < reported.length; start += BATCH_NAMES) {
    if (signal.aborted) return;
    yield* await probeBatch(place, reported.slice(start, start + BATCH_NAMES));
  }
}

/** What is not there could have been a directory or not. */
function mayBeReported({ scope }: Place, path: string): boolean {
  return isValidPath(path) && (scope.admits(path, true) || scope.admits(path, false));
}

/**
 * A name counts as absent when two looks did not find it, and the directories on its way were there
 * and could be read before the second one and after it.
 */
async function probeBatch(place: Place, paths: readonly string[]): Promise<readonly Message[]> {
  const { root, clock } = place;
  root.check();
  const startedAt = clock.now();
  const answers = new ProbeAnswers(place);
  const missing = answers.lookAt(paths, new Ground(place));
  // What is being renamed has a moment to arrive.
  await nextTurn();
  const before = new Ground(place);
  const stillMissing = answers.lookAt(missing, before);
  const after = new Ground(place);
  for (const path of stillMissing) answers.addAbsence(path, before, after);
  root.check();
  return answers.toMessages({ source: "sentinel", startedAt, endedAt: clock.now() });
}
