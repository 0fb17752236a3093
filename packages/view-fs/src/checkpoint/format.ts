import { FustorError } from "@fustor/core";

/**
 * Rises with every change of what slices hold, or of the columns of the tree, that this version
 * could not tell from the one before.
 */
export const FORMAT = 2;

/** It had the number of a page in front of the page's bytes instead of in the section. */
export const FORMAT_BEFORE = 1;

/** The first slice says how to read the others; the last one that there are no more. */
export const HEAD = "head";
export const END = "end";

export interface Head {
  readonly format: number;
  /** What the digests in the columns were made of. */
  readonly digestMask: number;
  /** What the rules' numbers in the columns stand for. */
  readonly rules: readonly string[];
  /** By group of columns: how many pages there are, and what they do not tell. */
  readonly paged: Readonly<Record<string, { readonly pages: number; readonly head: unknown }>>;
}

/** The section of a page of columns. */
export function sectionOf(group: string, page: number): string {
  return `${group}/${String(page)}`;
}

/** The group of columns, and which of its pages, where it is one. */
export function pageOf(
  section: string,
): { readonly group: string; readonly page: number } | undefined {
  const [, group, page] = /^([a-zA-Z]+)\/(\d{1,10})$/.exec(section) ?? [];
  return group === undefined ? undefined : { group, page: Number(page) };
}

/** The error for a checkpoint that this view cannot take over. */
export function unusable(why: string, cause?: unknown): FustorError {
  return new FustorError(
    "CHECKPOINT_UNUSABLE",
    `The saved state of the view cannot be taken over: ${why}. Run the version that saved it, or reset the view.`,
    { cause },
  );
}
