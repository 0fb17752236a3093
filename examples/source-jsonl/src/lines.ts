import { readFile } from "node:fs/promises";
import { FustorError, type Row } from "@fustor/core";

/** The fields of our rows: the key first, then the line as it stands in the file. */
export const FIELDS = ["id", "json"] as const;

/** What the file holds, as far as its lines are whole. */
export interface Lines {
  readonly rows: readonly Row[];
  /** The text of the rows: while a file only grows, this is the beginning of the next look's. */
  readonly text: string;
}

/**
 * Reads every whole line of the file. A line that is no object with a string `id` is passed over.
 *
 * Throws `SOURCE_UNAVAILABLE` (retryable) when there is no such file.
 */
export async function readLines(path: string, signal: AbortSignal): Promise<Lines> {
  const all = await readFile(path, { encoding: "utf8", signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const message = `The file ${path} cannot be read. Create it, or correct "path".`;
    throw new FustorError("SOURCE_UNAVAILABLE", message, { retryable: true, cause });
  });
  // What follows the last newline is a line that is still being written.
  const text = all.slice(0, all.lastIndexOf("\n") + 1);
  return { rows: toRows(text), text };
}

/** One row for each id: a later line about it replaces an earlier one. */
export function toRows(text: string): Row[] {
  const rows = new Map<string, Row>();
  for (const line of text.split("\n")) {
    const id = idOf(line);
    if (id !== undefined) rows.set(id, [id, line]);
  }
  return [...rows.values()];
}

function idOf(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
    return typeof value.id === "string" ? value.id : undefined;
  } catch {
    return undefined;
  }
}
