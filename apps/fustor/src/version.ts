import { readVersion } from "@fustor/core/program";

/** The version of this package. */
export const VERSION = readVersion(import.meta.url);
