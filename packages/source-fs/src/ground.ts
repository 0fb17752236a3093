import { parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Place } from "./listing.js";
import { closedBy } from "./look.js";

/** How far the way from the root to a name goes through directories of the root's own device. */
export type Footing =
  | { readonly state: "whole"; readonly directory: string }
  /** `missing` is not there; `directory`, in which it is not, is the last on the way that is. */
  | { readonly state: "missing"; readonly directory: string; readonly missing: string }
  /** `at` is there and is no directory, so that nothing can be below it. */
  | {
      readonly state: "blocked";
      readonly directory: string;
      readonly at: string;
      readonly attributes: FsAttributes;
    }
  /** It cannot be told. */
  | { readonly state: "unreadable"; readonly scope: string; readonly errno: string };

/**
 * The directories on the way to names, each looked at once: what one `Ground` says was so at about
 * one time. Symbolic links are no directories here, so that no name leads out of the root.
 */
export class Ground {
  readonly #place: Place;
  readonly #known = new Map<string, Footing>();
  readonly #closed = new Map<string, string | undefined>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** The way to `path`, which is not looked at itself. */
  under(path: string): Footing {
    return this.#standing(parentPath(path));
  }

  /** Why a directory that is there cannot be read, if so. */
  closedBy(directory: string): string | undefined {
    if (!this.#closed.has(directory)) {
      this.#closed.set(directory, closedBy(this.#place.root.systemPath(directory)));
    }
    return this.#closed.get(directory);
  }

  #standing(directory: string): Footing {
    let footing = this.#known.get(directory);
    if (footing === undefined) {
      footing = this.#lookAt(directory);
      this.#known.set(directory, footing);
    }
    return footing;
  }

  #lookAt(directory: string): Footing {
    const { looker, root } = this.#place;
    const parent = parentPath(directory);
    if (directory !== "/") {
      const below = this.#standing(parent);
      if (below.state !== "whole") return below;
    }
    const sight = looker.lookAt(root.systemPath(directory));
    if (sight.state === "absent")
      return { state: "missing", directory: parent, missing: directory };
    if (sight.state === "unreadable") return { ...sight, scope: parent };
    const { attributes, device } = sight;
    if (attributes.type !== "d") {
      return { state: "blocked", directory: parent, at: directory, attributes };
    }
    if (device !== root.device) return { state: "unreadable", scope: directory, errno: "EXDEV" };
    return { state: "whole", directory };
  }
}
