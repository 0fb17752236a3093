import { decodeName, joinPath } from "@fustor/schema-fs";
import { readdir } from "node:fs/promises";
import { lookAt, type Facts } from "./facts.js";

/** One name on the disk. */
export interface OnDisk {
  /** Below the folder that is walked; `/` is that folder. Bytes stand as `decodeName` makes them. */
  readonly path: string;
  readonly facts: Facts;
  /** It is a directory that cannot be read: what is in it is not known. */
  readonly isClosed: boolean;
}

/** So many names are looked at side by side. */
const LOOKS = 32;

/**
 * Everything in a folder, in the order in which `entries` sorts by path: a directory, and then what
 * is in it, names by their bytes. What vanishes meanwhile is left out. Of each level the names of
 * one directory are held.
 */
export async function* walkDisk(dir: Buffer): AsyncGenerator<OnDisk> {
  const facts = await lookAt(dir);
  if (facts !== undefined) yield* walk(dir, "/", facts);
}

async function* walk(at: Buffer, path: string, facts: Facts): AsyncGenerator<OnDisk> {
  const names = facts.type === "d" ? await readNames(at) : [];
  yield { path, facts, isClosed: names === undefined };
  if (names === undefined) return;
  for (let begin = 0; begin < names.length; begin += LOOKS) {
    const few = names.slice(begin, begin + LOOKS).map((name) => ({
      name,
      at: below(at, name),
    }));
    const looks = await Promise.all(few.map((child) => lookAt(child.at)));
    for (const [index, child] of few.entries()) {
      const found = looks[index];
      if (found === undefined) continue;
      const childPath = joinPath(path, decodeName(child.name));
      if (found.type === "d") yield* walk(child.at, childPath, found);
      else yield { path: childPath, facts: found, isClosed: false };
    }
  }
}

const SLASH = Buffer.from("/");

/** The bytes of a path below a folder. */
export function below(dir: Buffer, name: Uint8Array): Buffer {
  return Buffer.concat([dir, SLASH, name]);
}

/** What Linux takes as a path, its final NUL left out. */
const PATH_MAX = 4095;

/** Undefined when it cannot be read by this user or under so long a path; nothing in what is gone, or no directory any more. */
async function readNames(dir: Buffer): Promise<Buffer[] | undefined> {
  try {
    const names = await readdir(dir, { encoding: "buffer" });
    if (names.some(({ length }) => dir.length + 1 + length > PATH_MAX)) return undefined;
    return names.sort((a, b) => Buffer.compare(a, b));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM" || code === "ENAMETOOLONG") return undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
