import { print } from "@fustor/core/cli";
import { createSystemClock, findPlaces, type PlaceOptions } from "@fustor/core/host";
import { backUpState, restoreState } from "@fustor/server";
import { join, resolve } from "node:path";

/** Copies the state of a home; its Fusion may run meanwhile. */
export async function backup(folder: string, options: PlaceOptions): Promise<number> {
  const state = findState(options);
  await backUpState(state, resolve(folder));
  print([`The state in ${state} was copied to ${resolve(folder)}.`]);
  return 0;
}

/** Puts a backup in the place of the state of a home, whose Fusion must not run. */
export async function restore(folder: string, options: PlaceOptions): Promise<number> {
  const state = findState(options);
  await restoreState(state, resolve(folder), { clock: createSystemClock() });
  print([
    `The state in ${state} is that of ${resolve(folder)}; what was there before is kept beside it.`,
    "After the next start every agent looks at everything again.",
  ]);
  return 0;
}

function findState(options: PlaceOptions): string {
  return join(findPlaces("fusion", options).home, "state");
}
