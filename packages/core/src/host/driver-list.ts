import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DriverKind } from "../drivers.js";
import { nodeModulesAround } from "./driver-folders.js";
import { checkManifest, isDriverKind, readPackage, type FoundPackage } from "./manifest.js";

/** A driver package that is installed, usable or not. */
export interface InstalledDriver {
  readonly packageName: string;
  readonly version: string;
  readonly folder: string;
  readonly kind: DriverKind | undefined;
  readonly name: string | undefined;
  /** Why it cannot be used; undefined when nothing speaks against it. Its code has not run. */
  readonly problem: string | undefined;
}

/**
 * All driver packages that the folders lead to, sorted by name. A package that is installed twice
 * is listed as the one that would be loaded.
 */
export async function listDrivers(folders: readonly string[]): Promise<InstalledDriver[]> {
  const drivers = new Map<string, InstalledDriver>();
  for (const modules of new Set(folders.flatMap(nodeModulesAround))) {
    for (const packageName of await listPackages(modules)) {
      if (drivers.has(packageName)) continue;
      const driver = await inspect(packageName, join(modules, packageName));
      if (driver !== undefined) drivers.set(packageName, driver);
    }
  }
  return [...drivers.values()].sort((a, b) => (a.packageName < b.packageName ? -1 : 1));
}

/** The packages whose names a driver can have: those in a scope, and `fustor-*`. */
async function listPackages(modules: string): Promise<string[]> {
  const names = await listNames(modules);
  const scoped = names
    .filter((name) => name.startsWith("@"))
    .map(async (scope) =>
      (await listNames(join(modules, scope))).map((name) => `${scope}/${name}`),
    );
  return [
    ...names.filter((name) => name.startsWith("fustor-")),
    ...(await Promise.all(scoped)).flat(),
  ];
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // Most of the folders that Node looks into are not there.
    return [];
  }
}

async function inspect(packageName: string, folder: string): Promise<InstalledDriver | undefined> {
  let found: FoundPackage | undefined;
  try {
    found = await readPackage(folder);
    if (found === undefined || !looksLikeDriver(found)) return undefined;
    return { ...checkManifest(found), packageName, problem: undefined };
  } catch (error) {
    if (found === undefined && !isDriverName(packageName)) return undefined;
    const claim = found?.claim as { kind?: unknown; name?: unknown } | null | undefined;
    return {
      packageName,
      version: found?.version ?? "",
      folder,
      kind: isDriverKind(claim?.kind) ? claim.kind : undefined,
      name: typeof claim?.name === "string" ? claim.name : undefined,
      problem: (error as Error).message,
    };
  }
}

function looksLikeDriver({ packageName, isMarked, claim }: FoundPackage): boolean {
  return isMarked || claim !== undefined || isDriverName(packageName);
}

function isDriverName(packageName: string): boolean {
  return /(^|\/)fustor-(source|sender|view)-|^@fustor\/(source|sender|view)-/.test(packageName);
}
