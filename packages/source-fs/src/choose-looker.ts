import { LinuxLooker } from "./linux-looker.js";
import type { Looker } from "./look.js";
import { NodeLooker } from "./node-looker.js";

/** The fastest looker that works here. */
export function chooseLooker(): Looker {
  if (process.platform !== "linux") return new NodeLooker();
  try {
    return new LinuxLooker();
  } catch {
    // No koffi for this machine, or a C library or kernel without the calls.
    return new NodeLooker();
  }
}
