import { createHash } from "node:crypto";
import type { Place } from "@fustor/schema-fs";
import { Problem } from "../problem.js";

/** Where the next page begins: behind `place`; quicker, at `offset` of a result that is held. */
export interface PlaceCursor {
  readonly place: Place;
  readonly held: number;
  readonly offset: number;
}

const HINT = "Take next_cursor of the page before as it is, or begin without a cursor.";

/** Names a question, so that no cursor is used for another one. */
export function hashQuery(view: string, query: object): string {
  const text = JSON.stringify([
    view,
    ...Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

export function writeCursor(
  incarnation: string,
  query: string,
  { place, held, offset }: PlaceCursor,
): string {
  const { id, text, major, minor } = place;
  const fields = [incarnation, query, held, offset, id, text, major, minor];
  return Buffer.from(JSON.stringify(fields)).toString("base64url");
}

/** Answers 400 for what is no cursor, or one of another question or incarnation. */
export function readPlaceCursor(incarnation: string, query: string, cursor: string): PlaceCursor {
  const fields = parse(cursor);
  const [madeIn, madeFor, held, offset, id, text, major, minor] = fields;
  if (
    fields.length !== 8 ||
    typeof madeIn !== "string" ||
    typeof madeFor !== "string" ||
    typeof text !== "string" ||
    !isCount(held) ||
    !isCount(offset) ||
    !isCount(id) ||
    typeof major !== "number" ||
    typeof minor !== "number"
  ) {
    throw new Problem("BAD_REQUEST", "The parameter cursor is no cursor.", { hint: HINT });
  }
  if (madeFor !== query) {
    throw new Problem("BAD_REQUEST", "The cursor belongs to another question.", {
      hint: "Ask with the parameters of the first page; only limit and fields may change.",
    });
  }
  if (madeIn !== incarnation) {
    throw new Problem("BAD_REQUEST", "The cursor has expired: the view has begun anew since.", {
      hint: "Begin without a cursor.",
    });
  }
  return { place: { id, text, major, minor }, held, offset };
}

function parse(cursor: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
