import type { Attributes, Moment } from "./attributes.js";
import type { Children } from "./children.js";
import { isNewer } from "./deltas.js";
import { isDirectory, numberOf } from "./nodes.js";
import type { Totals } from "./totals.js";

interface Parts {
  readonly attributes: Attributes;
  readonly children: Children;
  readonly totals: Totals;
}

/** The newest mtime below a directory; looks through those directories only where it has gone. */
export function newestBelow(parts: Parts, directory: number): Moment | undefined {
  const { totals } = parts;
  const unsure = findUnsure(parts, directory);
  // The deepest first, so that each finds the ones below it settled.
  for (const at of unsure.reverse()) {
    totals.settle(at, newestOfChildren(parts, at));
  }
  const { seconds, nsec } = totals.newest(directory);
  return seconds === -Infinity ? undefined : { seconds, nsec };
}

/** The directory, if it is unsure, and the unsure ones that it can be reached from. */
function findUnsure({ children, totals }: Parts, directory: number): number[] {
  const found = totals.newest(directory).sure ? [] : [directory];
  // Grows while it is gone through.
  for (const at of found) {
    for (const child of children.snapshot(at)) {
      if (isDirectory(child) && !totals.newest(numberOf(child)).sure) found.push(numberOf(child));
    }
  }
  return found;
}

function newestOfChildren({ attributes, children, totals }: Parts, directory: number): Moment {
  let newest: Moment = { seconds: -Infinity, nsec: 0 };
  const consider = (moment: Moment) => {
    if (isNewer(moment.seconds, moment.nsec, newest.seconds, newest.nsec)) newest = moment;
  };
  for (const child of children.snapshot(directory)) {
    if (attributes.isKnown(child)) consider(attributes.mtime(child));
    if (isDirectory(child)) consider(totals.newest(numberOf(child)));
  }
  return newest;
}
