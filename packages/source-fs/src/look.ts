import { lstatSync, opendirSync } from "node:fs";
import type { FsAttributes } from "@fustor/schema-fs";
import { nameOfErrno } from "./errno-names.js";

/** A path as the system takes it: bytes where a name is not valid UTF-8. */
export type SystemPath = string | Buffer;

/** There is none. */
export interface Absent {
  readonly state: "absent";
}

/** It cannot be told, with the system's word for why not. */
export interface Unreadable {
  readonly state: "unreadable";
  readonly errno: string;
}

/** What was found under a name. */
export interface Present {
  readonly state: "present";
  readonly attributes: FsAttributes;
  /** The number of the device that it is on. */
  readonly device: number;
  /** When it was made, in nanoseconds since 1970. Only `follow` says so, and not on every system. */
  readonly born?: bigint;
}

/** What one look at a name found. */
export type Sight = Present | Absent | Unreadable;

/** Looks at names and reads directories. Opens nothing else, and follows no symbolic link. */
export interface Looker {
  readonly name: "linux" | "node";
  lookAt(path: SystemPath): Sight;
  /** Looks at what a path leads to, through symbolic links. */
  follow(path: SystemPath): Sight;
  /** Reads the names in a directory. */
  open(path: SystemPath): OpenDirectory | Absent | Unreadable;
}

/** A directory whose names have been read, to go through once. */
export interface OpenDirectory {
  readonly state: "open";
  /** The next name, decoded; undefined after the last. */
  next(): string | undefined;
  /** Looks at the name that `next` gave last. */
  look(): Sight;
  /** True when that name is a directory, as its own directory tells; it is not looked at unless that does not. */
  isDirectory(): boolean;
  /** To be called before anybody else has a turn, and at the end: nothing of the file system is held. */
  leave(): void;
}

/** Why a directory that is there cannot be read or entered, if so; undefined also when it is gone. */
export function closedBy(path: SystemPath): string | undefined {
  try {
    opendirSync(path).closeSync();
    lstatSync(Buffer.concat([Buffer.from(path), Buffer.from("/.")]));
    return undefined;
  } catch (error) {
    const sight = sightOf(errnoOf(error));
    return sight.state === "unreadable" ? sight.errno : undefined;
  }
}

/** False for what no waiting cures: other names have to be given, or something unmounted. */
export function mayPass(errno: string): boolean {
  return errno !== "EXDEV" && errno !== "ENAMETOOLONG";
}

/** What a look found that failed with `errno`. */
export function sightOf(errno: string): Absent | Unreadable {
  // ENOTDIR: a part of the path is no directory, so the name cannot exist.
  const isAbsent = errno === "ENOENT" || errno === "ENOTDIR";
  return isAbsent ? { state: "absent" } : { state: "unreadable", errno };
}

/** The system's word for what went wrong, e.g. `EACCES`. */
export function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string") throw error;
  const { errno } = error as NodeJS.ErrnoException;
  // Node.js has no word for some of them, e.g. for ESTALE.
  return code.startsWith("Unknown system error") ? nameOfErrno(-(errno ?? 0)) : code;
}
