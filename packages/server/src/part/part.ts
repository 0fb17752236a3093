import { isBelow } from "@fustor/schema-fs";
import type { Seal } from "./seal.js";

/** What of a view a key may read: what stands at and below some paths. */
export class Part {
  /** None stands below another. */
  readonly paths: readonly string[];
  /** Makes texts that only we read of what clients bring back, such as cursors. */
  readonly seal: Seal;

  constructor(paths: readonly string[], seal: Seal) {
    this.paths = paths;
    this.seal = seal;
  }

  /** Where a question begins that names no path; undefined where there are several such places. */
  get top(): string | undefined {
    return this.paths.length === 1 ? this.paths[0] : undefined;
  }

  shows(path: string): boolean {
    return this.paths.some((each) => path === each || isBelow(path, each));
  }
}
