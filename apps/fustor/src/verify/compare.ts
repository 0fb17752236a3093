import { encodeName, isBelow } from "@fustor/schema-fs";
import type { OnDisk } from "./disk.js";
import { differing, type Facts } from "./facts.js";

/** One name as a view shows it; its path is relative to where the folder stands in the view. */
export interface InView {
  readonly path: string;
  readonly facts: Facts;
}

export type Kind = "missing" | "extra" | "differing";

/** A name that is not the same on the disk and in the view. */
export interface Difference {
  /**
   * - `missing`: on the disk, and not in the view
   * - `extra`: in the view, and not on the disk
   * - `differing`: in both, and not the same
   */
  readonly kind: Kind;
  readonly path: string;
  readonly disk?: Facts;
  readonly view?: Facts;
}

/** What a step of the comparison found of one name. */
export type Finding =
  | Difference
  | { readonly kind: "equal"; readonly path: string }
  | { readonly kind: "closed"; readonly path: string };

/**
 * Holds two walks against each other, both in the order of `walkDisk`, and tells of every name once.
 * Of what is in a directory that may not be read, nothing is told.
 */
export async function* compare(
  disk: AsyncIterator<OnDisk>,
  view: AsyncIterator<InView>,
): AsyncGenerator<Finding> {
  let onDisk = await next(disk);
  let inView = await next(view);
  let closed: string | undefined;
  while (onDisk !== undefined || inView !== undefined) {
    const order = orderOf(onDisk, inView);
    if (
      order >= 0 &&
      inView !== undefined &&
      closed !== undefined &&
      isBelow(inView.path, closed)
    ) {
      inView = await next(view);
      continue;
    }
    if (onDisk !== undefined && order <= 0) {
      const { path, facts, isClosed } = onDisk;
      if (isClosed) {
        closed = path;
        yield { kind: "closed", path };
      }
      if (order < 0) yield { kind: "missing", path, disk: facts };
      else if (inView !== undefined) yield hold(path, facts, inView.facts);
      onDisk = await next(disk);
    } else if (inView !== undefined) {
      yield { kind: "extra", path: inView.path, view: inView.facts };
    }
    if (order >= 0) inView = await next(view);
  }
}

/** What two looks at one name say. */
export function hold(path: string, disk: Facts, view: Facts): Finding {
  if (differing(disk, view).length === 0) return { kind: "equal", path };
  return { kind: "differing", path, disk, view };
}

/** Which walk comes to its name first: below 0 the disk, above 0 the view, 0 both to the same. */
function orderOf(disk: OnDisk | undefined, view: InView | undefined): number {
  if (disk === undefined || view === undefined) return disk === undefined ? 1 : -1;
  if (disk.path === view.path) return 0;
  return keyOf(disk.path) < keyOf(view.path) ? -1 : 1;
}

/** Sorts as a walk goes: no name holds a NUL, so that a directory's content follows it at once. */
function keyOf(path: string): string {
  return encodeName(path).toString("latin1").replaceAll("/", "\0");
}

async function next<Item>(items: AsyncIterator<Item>): Promise<Item | undefined> {
  const step = await items.next();
  return step.done === true ? undefined : step.value;
}
