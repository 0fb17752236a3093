import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DRIVER_API_VERSION, type DriverKind } from "../drivers.js";
import { FustorError } from "../errors.js";

/** What a driver package says of itself in its `package.json`, checked before its code is loaded. */
export interface Manifest {
  readonly packageName: string;
  readonly version: string;
  /** Where the package is installed. */
  readonly folder: string;
  readonly apiVersion: number;
  readonly kind: DriverKind;
  /** The driver's short name, e.g. `fs`. */
  readonly name: string;
}

/** A package as found on disk, before anything is believed of it. */
export interface FoundPackage {
  readonly packageName: string;
  readonly version: string;
  readonly folder: string;
  readonly isMarked: boolean;
  /** The `fustor` field, whatever it holds. */
  readonly claim: unknown;
}

/** Reads the package installed in `folder`; undefined when there is none. */
export async function readPackage(folder: string): Promise<FoundPackage | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, "package.json"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw invalid(folder, `its package.json cannot be read (${code ?? String(error)})`, error);
  }
  let content: Partial<Record<"name" | "version" | "keywords" | "fustor", unknown>>;
  try {
    content = JSON.parse(text) as typeof content;
  } catch (error) {
    throw invalid(folder, "its package.json is not JSON. Reinstall it", error);
  }
  const { name, version, keywords, fustor } = content;
  return {
    packageName: typeof name === "string" ? name : folder,
    version: typeof version === "string" ? version : "0.0.0",
    folder,
    isMarked: Array.isArray(keywords) && keywords.includes("fustor-driver"),
    claim: fustor,
  };
}

/** Throws `DRIVER_INVALID` unless the package says that it is a driver that we can run. */
export function checkManifest(found: FoundPackage): Manifest {
  const { packageName, version, folder, isMarked } = found;
  const claim = found.claim as Partial<Record<keyof Manifest, unknown>> | null | undefined;
  const subject = `${packageName} ${version} in ${folder}`;
  if (typeof claim !== "object" || claim === null || !isMarked) {
    const missing = isMarked ? 'no "fustor" field' : 'no keyword "fustor-driver"';
    throw invalid(
      subject,
      `it is no Fustor driver: its package.json has ${missing}. Install another package, or tell its author`,
    );
  }
  const { apiVersion, kind, name } = claim;
  checkApiVersion(subject, apiVersion, kind);
  if (!isDriverKind(kind) || typeof name !== "string" || name === "") {
    throw invalid(
      subject,
      'the "fustor" field of its package.json needs a "kind" (source, sender or view) and a "name". Tell its author',
    );
  }
  return { packageName, version, folder, apiVersion, kind, name };
}

/** Throws `DRIVER_INVALID` unless a driver of this contract runs here. */
export function checkApiVersion(
  subject: string,
  apiVersion: unknown,
  kind: unknown,
): asserts apiVersion is number {
  if (typeof apiVersion !== "number") {
    throw invalid(subject, "it does not say for which driver API it is made. Tell its author");
  }
  const host = kind === "view" ? "Fusion" : "agent";
  const versions =
    `it is made for driver API ${String(apiVersion)}, ` +
    `and this ${host} offers ${String(DRIVER_API_VERSION)}`;
  if (apiVersion > DRIVER_API_VERSION) {
    throw invalid(
      subject,
      `it needs a newer ${host}: ${versions}. Update the ${host}, or install an older version of the driver`,
    );
  }
  if (apiVersion < DRIVER_API_VERSION) {
    throw invalid(subject, `it is too old: ${versions}. Update the driver`);
  }
}

/** Throws `DRIVER_INVALID` unless the driver is of the kind that its place asks for. */
export function checkKind(subject: string, kind: DriverKind, wanted: DriverKind): void {
  if (kind === wanted) return;
  throw invalid(
    subject,
    `it is a ${kind}, and a ${wanted} is needed here. Name it under "${kind}s", or choose another type`,
  );
}

/** `subject` names the package or file, `reason` says why and what to do, without the last dot. */
export function invalid(subject: string, reason: string, cause?: unknown): FustorError {
  return new FustorError(
    "DRIVER_INVALID",
    `The driver ${subject} cannot be used: ${reason}.`,
    cause === undefined ? {} : { cause },
  );
}

export function isDriverKind(kind: unknown): kind is DriverKind {
  return kind === "source" || kind === "sender" || kind === "view";
}
