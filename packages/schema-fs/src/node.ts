import type { FsAttributes } from "./rows.js";

export interface FsNode {
  readonly path: string;
  readonly name: string;
  /**
   * Undefined for a directory that is known only because something below it is, and for a name
   * that could not be looked at.
   */
  readonly attributes: FsAttributes | undefined;
  readonly isDirectory: boolean;
  /** Still being written, or too fresh to be sure of. */
  readonly suspect: boolean;
}
