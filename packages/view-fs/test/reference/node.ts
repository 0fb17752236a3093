import type { FileType, FsAttributes } from "@fustor/schema-fs";
import type { Evidence } from "./evidence.js";

/** A name that is believed to exist. */
export interface Node {
  /** `?` for a name that could not be looked at. */
  readonly type: FileType | "?";
  /** Undefined for a name that could not be looked at, and for a directory known by what is in it. */
  readonly attributes: FsAttributes | undefined;
  /** The last evidence that set it. */
  seen: Evidence;
  /** The newest evidence of each host that it exists, whether or not it won. */
  readonly alive: Map<string, Evidence>;
  /** The last complete listing of this directory that was applied. */
  listed?: Evidence | undefined;
  /** The last listing without proof: it counts once its missing names were probed. */
  partial?: Evidence | undefined;
  /** Told that its listing is not what is there: it has to be listed. */
  outdated?: Evidence | undefined;
}
