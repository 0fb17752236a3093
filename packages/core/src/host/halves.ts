import type { ChangeMessage, Message } from "../messages.js";

/**
 * The halves of a batch that was refused as a whole, so that what is wrong with it can be found;
 * undefined for what cannot be divided: one row, a listing, a message with moves.
 */
export function halvesOf(
  messages: readonly Message[],
): readonly [readonly Message[], readonly Message[]] | undefined {
  const [first, second] = messages;
  if (second !== undefined) {
    const middle = messages.length >> 1;
    return [messages.slice(0, middle), messages.slice(middle)];
  }
  if (first?.kind !== "change" || first.moves !== undefined) return undefined;
  const keys = first.deletes.length + first.upserts.rows.length;
  if (keys < 2) return undefined;
  return [[partOf(first, 0, keys >> 1)], [partOf(first, keys >> 1, keys)]];
}

/** Some of the keys of a change, the deleted ones counted first. */
function partOf(change: ChangeMessage, from: number, to: number): ChangeMessage {
  const { deletes, upserts, settled, ...rest } = change;
  const before = deletes.length;
  const rows = upserts.rows.slice(Math.max(0, from - before), Math.max(0, to - before));
  const keys = new Set(rows.map(([key]) => key));
  const ended = settled?.filter((key) => keys.has(key)) ?? [];
  return {
    ...rest,
    upserts: { fields: upserts.fields, rows },
    deletes: deletes.slice(from, to),
    ...(ended.length === 0 ? {} : { settled: ended }),
  };
}
