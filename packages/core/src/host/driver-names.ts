import { isAbsolute } from "node:path";
import type { DriverKind } from "../drivers.js";

/** Where a driver is to be looked for. */
export type DriverPlace =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "package"; readonly names: readonly string[] };

const SCOPED = /^@[a-z0-9~-][a-z0-9._~-]*\/[a-z0-9~-][a-z0-9._~-]*$/;
const UNSCOPED = /^[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Reads the `type` of a source, sender or view: a path and a package's full name mean themselves,
 * a short name such as `fs` means `@fustor/source-fs` or `fustor-source-fs`.
 *
 * Returns undefined for what no package can be called.
 */
export function toDriverPlace(kind: DriverKind, type: string): DriverPlace | undefined {
  if (/^\.{1,2}[/\\]/.test(type) || isAbsolute(type)) return { kind: "file", path: type };
  if (SCOPED.test(type)) return { kind: "package", names: [type] };
  if (!UNSCOPED.test(type)) return undefined;
  if (type.includes("fustor-")) return { kind: "package", names: [type] };
  return { kind: "package", names: [`@fustor/${kind}-${type}`, `fustor-${kind}-${type}`] };
}
