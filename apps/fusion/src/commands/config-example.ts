import { EXAMPLE, toConfigText } from "./config-text.js";

/** Prints a configuration with comments, to begin with. */
export function configExample(): Promise<number> {
  process.stdout.write(toConfigText(EXAMPLE));
  return Promise.resolve(0);
}
