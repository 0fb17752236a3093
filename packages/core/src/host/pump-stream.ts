import type { Message } from "../messages.js";
import { countRows } from "../messages.js";
import type { RowWindow } from "./row-window.js";

/** A frame of so many rows costs little to start and does not hold up the others. */
const PACK_ROWS = 2_000;

interface Pump {
  readonly window: RowWindow;
  readonly send: (pack: readonly Message[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends what a stream yields, as fast as its window allows, in packs: what comes in one turn of the
 * event loop travels together. Resolves when the stream has ended.
 */
export async function pumpStream(
  messages: AsyncIterable<Message>,
  { window, send, signal }: Pump,
): Promise<void> {
  let pack: Message[] = [];
  let rows = 0;
  let scheduled: NodeJS.Immediate | undefined;
  const flush = () => {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (pack.length === 0) return;
    const full = pack;
    pack = [];
    rows = 0;
    if (!signal.aborted) send(full);
  };
  try {
    for await (const message of messages) {
      if (signal.aborted) return;
      const count = countRows(message);
      pack.push(message);
      rows += count;
      window.take(count);
      if (rows >= PACK_ROWS) flush();
      else scheduled ??= setImmediate(flush);
      await window.ready(signal);
    }
  } finally {
    flush();
  }
}
