import { lstatSync, opendirSync, readdirSync, type BigIntStats } from "node:fs";
import { decodeName } from "@fustor/schema-fs";

/** A path as the system takes it: bytes where a name is not valid UTF-8. */
export type SystemPath = string | Buffer;

/** There is none. */
interface Absent {
  readonly state: "absent";
}

/** It cannot be told, with the system's word for why not. */
interface Unreadable {
  readonly state: "unreadable";
  readonly errno: string;
}

/** What one look at a name found. */
export type Sight =
  { readonly state: "present"; readonly stats: BigIntStats } | Absent | Unreadable;

/** What reading a directory gave. */
export type Names =
  { readonly state: "present"; readonly names: readonly string[] } | Absent | Unreadable;

/** Looks at a name itself; a symbolic link is not followed. */
export function lookAt(path: SystemPath): Sight {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? { state: "absent" } : { state: "present", stats };
  } catch (error) {
    return sightOf(error);
  }
}

/** The names in a directory, decoded. */
export function namesIn(path: SystemPath): Names {
  try {
    const names = readdirSync(path, "utf8");
    // The replacement character appears where bytes were no UTF-8, or stood there itself.
    if (!names.some((name) => name.includes("\uFFFD"))) return { state: "present", names };
    return { state: "present", names: readdirSync(path, "buffer").map(decodeName) };
  } catch (error) {
    return sightOf(error);
  }
}

/** Why a directory that is there cannot be read or entered, if so; undefined also when it is gone. */
export function closedBy(path: SystemPath): string | undefined {
  try {
    opendirSync(path).closeSync();
    lstatSync(Buffer.concat([Buffer.from(path), Buffer.from("/.")]));
    return undefined;
  } catch (error) {
    const sight = sightOf(error);
    return sight.state === "unreadable" ? sight.errno : undefined;
  }
}

/** False for what no waiting cures: other names have to be given, or something unmounted. */
export function mayPass(errno: string): boolean {
  return errno !== "EXDEV" && errno !== "ENAMETOOLONG";
}

/** The names of the directories in a directory; none where it cannot be read. */
export function directoriesIn(path: SystemPath): readonly string[] {
  try {
    const isDirectory = (entry: { isDirectory(): boolean }) => entry.isDirectory();
    const entries = readdirSync(path, { withFileTypes: true }).filter(isDirectory);
    if (!entries.some(({ name }) => name.includes("\uFFFD")))
      return entries.map(({ name }) => name);
    const encoded = readdirSync(path, { withFileTypes: true, encoding: "buffer" });
    return encoded.filter(isDirectory).map(({ name }) => decodeName(name));
  } catch (error) {
    errnoOf(error);
    return [];
  }
}

/** The system's word for what went wrong, e.g. `EACCES`. */
export function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string") throw error;
  return code;
}

function sightOf(error: unknown): Absent | Unreadable {
  const errno = errnoOf(error);
  // ENOTDIR: a part of the path is no directory, so the name cannot exist.
  const isAbsent = errno === "ENOENT" || errno === "ENOTDIR";
  return isAbsent ? { state: "absent" } : { state: "unreadable", errno };
}
