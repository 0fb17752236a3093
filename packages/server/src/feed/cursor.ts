/**
 * Where a reader of a feed stands: after everything up to a revision, and, when that is not the
 * whole of the next one, at a place within it.
 */
export interface Cursor {
  readonly incarnation: string;
  readonly revision: number;
  readonly place: number | undefined;
}

const PATTERN = /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})(?:\.(\d{1,15}))?$/;

/** `incarnation.revision` or `incarnation.revision.place`. */
export function formatCursor({ incarnation, revision, place }: Cursor): string {
  const whole = `${incarnation}.${String(revision)}`;
  return place === undefined ? whole : `${whole}.${String(place)}`;
}

/** Undefined for what is no cursor. */
export function parseCursor(text: string): Cursor | undefined {
  const [, incarnation, revision, place] = PATTERN.exec(text) ?? [];
  if (incarnation === undefined || revision === undefined) return undefined;
  return {
    incarnation,
    revision: Number(revision),
    place: place === undefined ? undefined : Number(place),
  };
}
