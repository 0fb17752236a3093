import type { Packer } from "../drivers.js";
import { countRows, type ListingMessage, type Message } from "../messages.js";
import type { Clock } from "../time.js";
import type { RowWindow } from "./row-window.js";

/** What is said of a pack beside its bytes. */
export interface PackHead {
  readonly rows: number;
  readonly messages: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly scopes: readonly string[];
}

interface PackPump {
  readonly packer: Packer;
  readonly rowsMax: number;
  readonly clock: Clock;
  readonly window: RowWindow;
  readonly send: (messages: readonly Message[]) => void;
  readonly sendPack: (head: PackHead, bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** A walk that is slow gets its first rows out all the same. */
const LINGER_MS = 100;

/**
 * Sends what a walk yields, as fast as its window allows: listings in packs, everything else as it
 * is, in the walk's order. What the packer cannot pack goes as it is too. Resolves when the walk
 * has ended.
 */
export async function packListings(
  messages: AsyncIterable<Message>,
  { packer, rowsMax, clock, window, send, sendPack, signal }: PackPump,
): Promise<void> {
  let listings: ListingMessage[] = [];
  let rows = 0;
  let lingering: AbortController | undefined;
  const flush = () => {
    lingering?.abort();
    lingering = undefined;
    if (listings.length === 0) return;
    const full = listings;
    listings = [];
    rows = 0;
    if (signal.aborted) return;
    const bytes = tryPack(packer, full);
    if (bytes === undefined) send(full);
    else sendPack(headOf(full), bytes);
  };
  const linger = (): AbortController => {
    const ended = new AbortController();
    clock.sleep(LINGER_MS, ended.signal).then(flush, () => undefined);
    return ended;
  };
  try {
    for await (const message of messages) {
      if (signal.aborted) return;
      const count = countRows(message);
      if (message.kind === "listing") {
        if (rows + count > rowsMax) flush();
        listings.push(message);
        rows += count;
        if (rows >= rowsMax) flush();
        else lingering ??= linger();
      } else {
        flush();
        send([message]);
      }
      window.take(count);
      await window.ready(signal);
    }
  } finally {
    flush();
  }
}

/** A packer that fails packs nothing: its messages can be sent without it. */
function tryPack(packer: Packer, listings: readonly ListingMessage[]): Uint8Array | undefined {
  try {
    return packer.pack(listings);
  } catch {
    return undefined;
  }
}

function headOf(listings: readonly ListingMessage[]): PackHead {
  let [rows, startedAt, endedAt] = [0, Infinity, -Infinity];
  const scopes = new Set<string>();
  for (const listing of listings) {
    rows += countRows(listing);
    startedAt = Math.min(startedAt, listing.startedAt);
    endedAt = Math.max(endedAt, listing.endedAt);
    scopes.add(listing.scope);
  }
  return { rows, messages: listings.length, startedAt, endedAt, scopes: [...scopes] };
}
