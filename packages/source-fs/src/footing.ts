import { encodeName } from "@fustor/schema-fs";
import { lookAt, type Sight, type SystemPath } from "./look.js";

/**
 * Looks at the names in one directory from inside it. The kernel then walks one component for each
 * look instead of the whole path, which is a third of a deep tree's crawl.
 *
 * The process has one working folder: `leave` before anybody else has a turn, and the next look
 * enters again. Left, it stands in `/`, so that it never keeps a share from being unmounted.
 */
export class Footing {
  readonly #directory: SystemPath;
  readonly #pathOf: (name: string) => SystemPath;
  #state: "outside" | "inside" | "barred" = "outside";

  /** `pathOf` gives the absolute path of a name, for where the directory cannot be entered. */
  constructor(directory: SystemPath, pathOf: (name: string) => SystemPath) {
    this.#directory = directory;
    this.#pathOf = pathOf;
  }

  lookAt(name: string): Sight {
    if (this.#state === "outside") this.#enter();
    if (this.#state === "barred") return lookAt(this.#pathOf(name));
    return lookAt(name.isWellFormed() ? name : encodeName(name));
  }

  leave(): void {
    if (this.#state !== "inside") return;
    process.chdir("/");
    this.#state = "outside";
  }

  #enter(): void {
    this.#state = "barred";
    // A path of bytes cannot be entered, and one that is gone or closed is told by the look itself.
    if (typeof this.#directory !== "string") return;
    try {
      process.chdir(this.#directory);
      this.#state = "inside";
    } catch {
      // The look at the absolute path says why.
    }
  }
}
