import type { ListingMessage, Row } from "@fustor/core";
import { baseName, parentPath } from "@fustor/schema-fs";
import type { V1Row } from "./v1.js";
import { toOurRow, V1_ATTRIBUTES } from "./v1-rows.js";

const ROWS_MAX = 500_000;
const FIELDS = ["name", ...V1_ATTRIBUTES];

interface Directory {
  /** Its own row came, and did not say `audit_skipped`. */
  listed: boolean;
  readonly children: Map<string, Row>;
}

/**
 * Collects the rows of one v1 audit to find, at its end, which directories were listed whole.
 *
 * A directory counts as listed when its own row came without `audit_skipped` and at least one child
 * row came with it: of an empty one v1 cannot tell whether it was read at all. Beyond `rowsMax` rows,
 * once a batch failed, or when its first row is not the root, the audit proves nothing: an audit
 * that does not begin with the root began in another session, which has the rows before.
 */
export class V1Audit {
  readonly #rowsMax: number;
  #directories = new Map<string, Directory>();
  #startedAt = Number.POSITIVE_INFINITY;
  #rows = 0;
  #spoiled = false;

  constructor({ rowsMax = ROWS_MAX }: { readonly rowsMax?: number } = {}) {
    this.#rowsMax = rowsMax;
  }

  /** `seenAt` is when the agent saw the row, ms. The earliest one dates all listings. */
  add(row: V1Row, seenAt: number): void {
    if (this.#spoiled) return;
    this.#rows += 1;
    const isTail = this.#rows === 1 && row.path !== "/";
    if (isTail || this.#rows > this.#rowsMax) {
      this.spoil();
      return;
    }
    this.#startedAt = Math.min(this.#startedAt, seenAt);
    // The last row of a directory counts: a second visit may have failed.
    if (row.is_directory === true) {
      this.#directory(row.path).listed = row.audit_skipped !== true;
    }
    if (row.path === "/") return;
    const name = baseName(row.path);
    this.#directory(parentPath(row.path)).children.set(name, toOurRow(name, row));
  }

  /** A batch was lost: from now on the audit proves nothing. */
  spoil(): void {
    this.#spoiled = true;
    this.#directories = new Map();
  }

  /** The complete listings that the audit proves, in the order in which directories came up. */
  end(endedAt: number): ListingMessage[] {
    const listings: ListingMessage[] = [];
    for (const [scope, { listed, children }] of this.#directories) {
      if (!listed || children.size === 0) continue;
      listings.push({
        kind: "listing",
        source: "audit",
        startedAt: this.#startedAt,
        endedAt,
        scope,
        entries: { fields: FIELDS, rows: [...children.values()] },
        complete: true,
        part: 0,
        last: true,
      });
    }
    return listings;
  }

  #directory(path: string): Directory {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const made: Directory = { listed: false, children: new Map() };
    this.#directories.set(path, made);
    return made;
  }
}
