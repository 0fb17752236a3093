import { realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DriverKind, SenderModule, SourceModule } from "../drivers.js";
import type { ViewModule } from "../views.js";
import { firstLine, importDriver } from "./driver-import.js";
import { nodeModulesAround } from "./driver-folders.js";
import { checkModule } from "./driver-module.js";
import { toDriverPlace } from "./driver-names.js";
import { fileNotFound, notADriverType, packageNotFound } from "./driver-not-found.js";
import { checkKind, checkManifest, invalid, readPackage, type FoundPackage } from "./manifest.js";

export interface DriverRequest<Kind extends DriverKind = DriverKind> {
  readonly kind: Kind;
  /** As the config says it: a short name, a package, or a path relative to the first folder. */
  readonly type: string;
  /** See `driverFolders`. */
  readonly folders: readonly string[];
}

/** A driver that was found. Nothing of its code has run. */
export interface ResolvedDriver {
  /** Absolute path of the file to import. */
  readonly entry: string;
  /** The package, or the path of a driver that is a single file. */
  readonly packageName: string;
  /** Empty for a single file. */
  readonly version: string;
  readonly kind: DriverKind;
  readonly name: string;
  /** Where it is installed. */
  readonly folder: string;
}

export interface ModuleOf {
  readonly source: SourceModule;
  readonly sender: SenderModule;
  readonly view: ViewModule;
}

export interface LoadedDriver<Kind extends DriverKind = DriverKind> {
  readonly module: ModuleOf[Kind];
  /** Absolute path of the file that was imported. */
  readonly entry: string;
  readonly packageName: string;
  readonly version: string;
}

/** How long a driver's code may take to load. */
const IMPORT_MS = 10_000;

/**
 * Finds a driver and loads its code, which may take `importMs`.
 *
 * Throws `DRIVER_NOT_FOUND` or `DRIVER_INVALID`, in words that name the fix.
 */
export async function loadDriver<Kind extends DriverKind>(
  request: DriverRequest<Kind>,
  { importMs = IMPORT_MS }: { readonly importMs?: number } = {},
): Promise<LoadedDriver<Kind>> {
  const { kind } = request;
  const { entry, packageName, version, name } = await resolveDriver(request);
  const isFile = packageName === entry;
  const subject = isFile ? entry : `${packageName} ${version}`;
  const namespace = await importDriver(subject, entry, importMs);
  const module = checkModule(subject, namespace, isFile ? { kind } : { kind, name });
  return { module: module as ModuleOf[Kind], entry, packageName, version };
}

/** Finds a driver and checks what its `package.json` says. Throws as `loadDriver` does. */
export async function resolveDriver(request: DriverRequest): Promise<ResolvedDriver> {
  const { kind, type, folders } = request;
  const place = toDriverPlace(kind, type);
  if (place === undefined) throw notADriverType(kind, type);
  if (place.kind === "file") return resolveFile(request, place.path);

  const modules = [...new Set(folders.flatMap(nodeModulesAround))];
  for (const name of place.names) {
    for (const parent of modules) {
      const found = await readPackage(join(parent, name));
      if (found !== undefined) return resolvePackage(found, parent, name, kind);
    }
  }
  throw await packageNotFound(request, place.names);
}

async function resolveFile(
  { kind, type, folders }: DriverRequest,
  path: string,
): Promise<ResolvedDriver> {
  const entry = resolve(folders[0] ?? "", path);
  const facts = await stat(entry).catch(() => undefined);
  if (facts === undefined) throw fileNotFound(kind, type, entry);
  if (!facts.isFile()) throw invalid(entry, "it is not a file. Name the module inside it");
  const real = await realpath(entry);
  return {
    entry: real,
    packageName: real,
    version: "",
    kind,
    name: type,
    folder: resolve(real, ".."),
  };
}

async function resolvePackage(
  found: FoundPackage,
  parent: string,
  name: string,
  kind: DriverKind,
): Promise<ResolvedDriver> {
  const manifest = checkManifest(found);
  const { version, folder } = manifest;
  checkKind(`${name} ${version} in ${folder}`, manifest.kind, kind);
  const entry = await resolveEntry(`${name} ${version} in ${folder}`, parent, name);
  return { entry, packageName: name, version, kind, name: manifest.name, folder };
}

/** The package's main file, as Node would choose it for an import from beside the package. */
async function resolveEntry(subject: string, parent: string, name: string): Promise<string> {
  // Loaded on first use: most commands load no driver.
  const { resolve: resolveImport } = await import("import-meta-resolve");
  let entry: string;
  try {
    entry = fileURLToPath(resolveImport(name, pathToFileURL(join(parent, "_.js")).href));
  } catch (error) {
    const reason = `its package.json names no main file (${firstLine(error)}). Tell its author`;
    throw invalid(subject, reason, error);
  }
  const exists = await stat(entry).then(
    (facts) => facts.isFile(),
    () => false,
  );
  if (!exists) throw invalid(subject, `its main file ${entry} is missing. Build or reinstall it`);
  return entry;
}
