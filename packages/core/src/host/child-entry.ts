import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FustorError } from "../errors.js";

/** Where the built entry of a source process stands, seen from where this code may stand. */
const PLACES = [
  "./source-child.js", // in dist/host
  "./host/source-child.js", // in a chunk of dist
  "../../dist/host/source-child.js", // in src/host
];

/** The file that a source process starts with. Throws `START_FAILED` when it was not built. */
export function findChildEntry(): string {
  const files = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new FustorError(
    "START_FAILED",
    `Cannot start a source: ${files[0] ?? ""} is missing. Install @fustor/core again; in the repository run "npx pnpm build".`,
  );
}
