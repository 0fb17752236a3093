import { hasCode, type FustorClient } from "@fustor/client";
import { encodeName, joinPath } from "@fustor/schema-fs";
import { hold, type Difference } from "./compare.js";
import { below } from "./disk.js";
import { factsOfEntry, lookAt, differing, type Facts } from "./facts.js";

/** Where the two sides are. */
export interface Sides {
  readonly client: FustorClient;
  readonly dir: Buffer;
  /** Where `dir` stands in the view. */
  readonly at: string;
}

/** How a difference stands now: settled, still there, or the disk changes too often to tell. */
export type Verdict = "settled" | "changing" | Difference;

/** Looks at one name again: at the disk, at the view, and at the disk once more. */
export async function lookAgain(sides: Sides, { path }: Difference): Promise<Verdict> {
  const onDisk = path === "/" ? sides.dir : below(sides.dir, encodeName(path.slice(1)));
  const before = await lookAt(onDisk);
  const view = await ask(sides, path);
  const after = await lookAt(onDisk);
  if (before === undefined || view === undefined) {
    if (before === undefined && view === undefined) return "settled";
    if ((before === undefined) !== (after === undefined)) return "changing";
    return before === undefined
      ? { kind: "extra", path, ...(view === undefined ? {} : { view }) }
      : { kind: "missing", path, disk: before };
  }
  const finding = hold(path, before, view);
  if (finding.kind === "equal") return "settled";
  if (after === undefined || differing(before, after).length > 0) return "changing";
  return { kind: "differing", path, disk: before, view };
}

async function ask({ client, at }: Sides, path: string): Promise<Facts | undefined> {
  const whole = viewPathOf(at, path);
  const named = whole.isWellFormed()
    ? whole
    : { path: whole.toWellFormed(), path_b64: encodeName(whole).toString("base64url") };
  try {
    return factsOfEntry((await client.entry(named)).entry);
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/** The path in the view of a path below the folder. */
export function viewPathOf(at: string, path: string): string {
  return path === "/" ? at : joinPath(at, path.slice(1));
}
