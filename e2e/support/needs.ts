import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { it } from "vitest";

/** A part of the system that some test cannot do without. */
export interface Need {
  /** What is missing, and how to get it, for the line that is printed. */
  readonly name: string;
  readonly isThere: boolean;
}

/** A program on the PATH. */
export function program(name: string): Need {
  return { name: `the program "${name}"`, isThere: isOnPath(name) };
}

/** What changes owners, and may do what others may not. */
export const rootRights: Need = {
  name: "the rights of root",
  isThere: process.getuid?.() === 0,
};

/** A folder in which files can be made. */
export function writableFolder(path: string): Need {
  return { name: `a writable ${path}`, isThere: isWritable(path) };
}

/**
 * `it`, for a test that needs parts of the system. Where one is missing the test fails in CI,
 * which promises to have them all, and is skipped loudly everywhere else.
 */
export function itNeeds(...needs: readonly Need[]): typeof it {
  const missing = needs.filter(({ isThere }) => !isThere).map(({ name }) => name);
  if (missing.length === 0) return it;
  const reason = `needs ${missing.join(" and ")}`;
  if (process.env["CI"] === "true") {
    return ((name: string) => {
      it(name, () => {
        throw new Error(`This test ${reason}.`);
      });
    }) as unknown as typeof it;
  }
  process.stderr.write(`\n  SKIPPED: a test here ${reason}.\n\n`);
  return it.skip as unknown as typeof it;
}

function isOnPath(name: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(file: string): boolean {
  return canAccess(file, constants.X_OK);
}

function isWritable(folder: string): boolean {
  return canAccess(folder, constants.W_OK | constants.X_OK);
}

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
