import type { UsageRow } from "@fustor/client";
import { rawPath } from "../ask/names.js";

/** How much more a directory holds than when the command began. */
export interface Growth {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
}

interface Sums {
  readonly bytes: number;
  readonly files: number;
}

/** Remembers what directories held at first. */
export class GrowthWatch {
  readonly #first = new Map<string, Sums>();
  #isWhole = true;

  /** The first look: what is there already is no growth. */
  begin(top: UsageRow): void {
    this.#isWhole = !leavesOut(top);
    for (const { path, ...sums } of ownOf(top)) this.#first.set(path, sums);
  }

  /** What grew or shrank most since. Where not all was shown at first, new names have not grown yet. */
  look(top: UsageRow, max: number): Growth[] {
    const grown: Growth[] = [];
    for (const { path, bytes, files } of ownOf(top)) {
      const first = this.#first.get(path) ?? (this.#isWhole ? NOTHING : { bytes, files });
      this.#first.set(path, first);
      if (first.bytes === bytes && first.files === files) continue;
      grown.push({ path, bytes: bytes - first.bytes, files: files - first.files });
    }
    return grown
      .sort(
        (a, b) => Math.abs(b.bytes) - Math.abs(a.bytes) || Math.abs(b.files) - Math.abs(a.files),
      )
      .slice(0, max);
  }
}

const NOTHING: Sums = { bytes: 0, files: 0 };

/** Each directory with what its children in the answer do not count already. */
function* ownOf(row: UsageRow): Generator<Sums & { readonly path: string }> {
  if (row.type !== "d") return;
  let { bytes, files } = row;
  for (const child of row.children ?? []) {
    if (child.type !== "d") continue;
    bytes -= child.bytes;
    files -= child.files;
    yield* ownOf(child);
  }
  yield { path: rawPath(row), bytes, files };
}

function leavesOut({ rest, children = [] }: UsageRow): boolean {
  return rest !== undefined || children.some(leavesOut);
}
