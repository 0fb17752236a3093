import type { Message, ScanRequest } from "@fustor/core";

/** A receiver that wants the end of a move knows nothing of what is below it either. */
export function withBelow(
  wanted: readonly ScanRequest[],
  messages: readonly Message[],
): ScanRequest[] {
  const ends = new Set(
    wanted.length === 0 ? [] : movedDirectories(messages).map(({ scope }) => scope),
  );
  return wanted.map((request) =>
    ends.has(request.scope) ? { ...request, recursive: true } : request,
  );
}

/**
 * The directories that went to a new name. A receiver that knows no moves hears of nothing below
 * them until they are listed.
 */
export function movedDirectories(messages: readonly Message[]): ScanRequest[] {
  return messages.flatMap((message) => {
    if (message.kind !== "change" || message.moves === undefined) return [];
    const type = message.upserts.fields.indexOf("type");
    const files = message.upserts.rows.filter((row) => type >= 0 && row[type] !== "d");
    const fileKeys = new Set(files.map(([key]) => key));
    const moved = message.moves.map(([, to]) => to).filter((to) => !fileKeys.has(to));
    return moved.map((scope) => ({ scope, recursive: true }));
  });
}
