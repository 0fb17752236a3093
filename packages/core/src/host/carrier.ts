import type { ScanRequest, SessionPolicy, SourceDriver, WalkRequest } from "../drivers.js";
import { FustorError } from "../errors.js";
import type { Message } from "../messages.js";
import { interruptible } from "./abortable.js";
import { canPack, type Delivery, type Packing } from "./packs.js";
import type { Project } from "./projection.js";
import type { ScanQueue } from "./scan-queue.js";
import { ScopeSet } from "./scopes.js";

export interface CarrierOptions {
  readonly source: SourceDriver;
  readonly queue: ScanQueue;
  readonly project: Project;
  /** True when every field of a row travels: else no receiver's digest can be the source's. */
  readonly isWhole: boolean;
  readonly policy: SessionPolicy;
  /** How the receiver's session wants listings packed, if it does. */
  readonly packing: Packing | undefined;
}

export type Walk =
  | { readonly walk: "snapshot" }
  | { readonly walk: "audit" }
  | { readonly walk: "scan"; readonly request: ScanRequest };

/** Wanted scopes that are remembered one by one; beyond it everything is listed. */
const WANTED_MAX = 10_000;
/** How often a walk by digest lists what its listings made the receiver want, before it ends. */
const ROUNDS_MAX = 5;

/**
 * Carries what walks say into the scan stream.
 *
 * A receiver that has the rows already is told digests. It wants the listings of what differs, and
 * gets them before the walk ends: a walk that has ended has told everything.
 */
export class Carrier {
  /** Scopes that the receiver wants listed, because of what it was told. */
  readonly wanted = new ScopeSet(WANTED_MAX);
  /** The receiver has the rows of this source, as far as anybody knows. */
  isKnown: boolean;
  readonly #options: CarrierOptions;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.isKnown = options.policy.known === true;
  }

  /** Resolves with the number of messages once the receiver has them all. */
  async carry(walk: Walk, signal: AbortSignal): Promise<number> {
    const { queue } = this.#options;
    const digests = this.#tellsDigests(walk);
    let count = 0;
    let end: Message | undefined;
    const id = walk.walk === "scan" ? walk.request.id : undefined;
    for await (const said of interruptible(this.#open(walk, { digests }, signal), signal)) {
      const message = said.kind === "mark" && id !== undefined ? { ...said, id } : said;
      if (message.kind === "mark" && message.edge === "end") end = message;
      else if (message.kind === "pack") {
        await queue.push(message, signal);
        count += message.messages;
      } else {
        await this.#push(message, signal);
        count += 1;
      }
    }
    if (signal.aborted) return count;
    if (end === undefined) throw unended(walk.walk);
    if (digests) {
      await queue.drained(signal);
      for (let round = 0; this.wanted.size > 0 && round < ROUNDS_MAX; round += 1) {
        count += await this.listWanted(signal);
      }
    }
    await this.#push(end, signal);
    await queue.drained(signal);
    return count + 1;
  }

  /** Lists what the receiver wants by now. */
  async listWanted(signal: AbortSignal): Promise<number> {
    const { source, queue } = this.#options;
    let count = 0;
    for (let left = this.wanted.size; left > 0; left -= 1) {
      const request = this.wanted.peek();
      if (request === undefined) break;
      this.wanted.delete(request);
      const listings = source.scan?.(request, signal) ?? NOTHING;
      for await (const message of interruptible(listings, signal)) {
        // The marks around a single listing would be most of what is sent.
        if (message.kind === "mark" && !request.recursive) continue;
        await this.#push(message, signal);
        count += 1;
      }
      if (signal.aborted) return count;
    }
    await queue.drained(signal);
    return count;
  }

  async #push(message: Message, signal: AbortSignal): Promise<void> {
    const { queue, project } = this.#options;
    await queue.push(project(message), signal);
  }

  /** Only where the receiver is likely to have the rows, and can be given what it has not. */
  #tellsDigests({ walk }: Walk): boolean {
    const { policy, source, isWhole } = this.#options;
    if (policy.digests !== true || source.scan === undefined || !isWhole) return false;
    return walk === "audit" || (walk === "snapshot" && this.isKnown);
  }

  #open(walk: Walk, request: WalkRequest, signal: AbortSignal): AsyncIterable<Delivery> {
    const { source, packing, isWhole } = this.#options;
    // Fields that are not wanted are taken out of rows that can be read.
    if (walk.walk !== "scan" && packing !== undefined && isWhole && canPack(source)) {
      return source.packedWalk(walk.walk, request, packing, signal);
    }
    switch (walk.walk) {
      case "snapshot":
        return source.snapshot(signal, request);
      case "audit":
        return source.audit?.(signal, request) ?? NOTHING;
      case "scan":
        return source.scan?.(walk.request, signal) ?? NOTHING;
    }
  }
}

/** A walk without its end has told nobody knows how much. */
function unended(walk: string): FustorError {
  const message = `The source ended its ${walk} without the mark that ends it. It is tried again; if it stays so, report it to the driver's author.`;
  return new FustorError("SOURCE_UNAVAILABLE", message, { retryable: true });
}

/** For a capability that went away between the choice of a job and its start. */
const NOTHING: AsyncIterable<Message> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
