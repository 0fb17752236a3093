import type { Batch, Pack, SourceDriver, WalkRequest } from "../drivers.js";
import { countRows, type Message } from "../messages.js";

/** What a walk brings: a message, or listings that their receiver's packer has put together. */
export type Delivery = Message | Pack;

/** What one batch carries: a pack is a batch of its own. */
export type Cargo = readonly Message[] | Pack;

/** How listings are to be packed on their way out of the source's process. */
export interface Packing {
  /** The module, as in `Session.packer`. */
  readonly module: string;
  /** Rows of one pack; a listing that is larger by itself is packed alone. */
  readonly rowsMax: number;
}

/** A source whose walks can be had in packs. */
export interface PackingSource extends SourceDriver {
  /** Listings may come in packs, all else comes as ever, and everything in the walk's order. */
  packedWalk(
    walk: "snapshot" | "audit",
    request: WalkRequest,
    packing: Packing,
    signal: AbortSignal,
  ): AsyncIterable<Delivery>;
}

export function canPack(source: SourceDriver): source is PackingSource {
  return "packedWalk" in source;
}

/** Rows and keys, as `countRows` counts those of a message. */
export function rowsIn(delivery: Delivery): number {
  return delivery.kind === "pack" ? delivery.rows : countRows(delivery);
}

/** The batch that carries it, as far as that depends on it. */
export function contentOf(cargo: Cargo): Pick<Batch, "messages" | "pack"> {
  return isPack(cargo) ? { messages: [], pack: cargo } : { messages: cargo };
}

export function isPack(cargo: Cargo): cargo is Pack {
  return !Array.isArray(cargo);
}
