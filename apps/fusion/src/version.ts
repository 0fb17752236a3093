import { readFileSync } from "node:fs";

/** The version of this package, from the package.json beside `src` and `dist`. */
export function readVersion(): string {
  const file = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
