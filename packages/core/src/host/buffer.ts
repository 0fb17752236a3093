import type { ScanRequest } from "../drivers.js";
import type { ListingMessage, LostMessage, Message } from "../messages.js";
import { countRows } from "../messages.js";
import type { Clock } from "../time.js";
import { BatchBuilder, type Fact } from "./batch-builder.js";
import { Bell } from "./bell.js";
import type { Cargo } from "./packs.js";
import { parentScope, ScopeSet } from "./scopes.js";

/** What waits to be sent on one stream. */
export interface Waiting<Load extends Cargo> {
  /** Resolves once something waits, or the signal aborts. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Up to `rowsMax` rows of what waits, oldest first; a message that is larger by itself comes
   * alone, and so does a pack. Empty when nothing waits.
   */
  take(rowsMax: number): Load;
}

type Item =
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "listing"; readonly parts: readonly ListingMessage[] }
  | { readonly kind: "other"; readonly message: Message };

/** Scopes with forgotten facts that are remembered one by one; beyond it they become the root. */
const FORGOTTEN_SCOPES_MAX = 1_000;

/**
 * What a watch has said and the receiver has not yet taken. It never makes the source wait.
 *
 * - Of several facts about one key the last stands, in the order of arrival. A deletion before a
 *   re-creation stays, because it also says that whatever was below is gone.
 * - Of several listings of a scope the last stands; one without proof does not displace one with.
 *   The parts of a listing stay together, and wait until the last has come.
 * - A move stands where it came: nothing that came before it is displaced by what came after, for a
 *   name that was moved is another one than before.
 * - Beyond `rowsMax` rows it forgets everything and remembers where that was: `take` then starts
 *   with a `lost` for each such scope, and `takeForgotten` tells what to look at again.
 */
export class RealtimeBuffer implements Waiting<Message[]> {
  readonly #rowsMax: number;
  readonly #clock: Clock;
  readonly #bell = new Bell();
  readonly #items = new Map<unknown, Item>();
  /** Parts of a listing whose first parts have gone: they go next. */
  #started: readonly ListingMessage[] = [];
  readonly #arriving = new Map<string, ListingMessage[]>();
  /** Not yet reported as lost. */
  readonly #unreported = new ScopeSet(FORGOTTEN_SCOPES_MAX);
  readonly #forgotten = new ScopeSet(FORGOTTEN_SCOPES_MAX);
  #reason = "";
  #rows = 0;
  #overflows = 0;
  /** Counts the moves: facts take each other's place only between two of them. */
  #era = 0;

  constructor({ rowsMax, clock }: { readonly rowsMax: number; readonly clock: Clock }) {
    this.#rowsMax = rowsMax;
    this.#clock = clock;
  }

  /** Rows that wait, those of listings still arriving included. */
  get rows(): number {
    return this.#rows;
  }

  /** Times that it forgot everything, because more waited than it holds. */
  get overflows(): number {
    return this.#overflows;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0 && this.#started.length === 0 && this.#unreported.size === 0;
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#bell.until(() => !this.isEmpty, signal);
  }

  push(message: Message): void {
    if (message.kind === "listing") {
      this.#addPart(message);
    } else if (message.kind === "change" && message.moves === undefined) {
      for (const key of message.deletes) this.#addFact({ of: message, key, row: undefined });
      for (const row of message.upserts.rows) {
        this.#addFact({ of: message, key: String(row[0]), row });
      }
    } else {
      this.#addOther(message);
    }
    if (this.#rows > this.#rowsMax) this.#collapse();
    this.#bell.ring();
  }

  take(rowsMax: number): Message[] {
    const batch = new BatchBuilder(rowsMax);
    for (const lost of this.#takeUnreported()) batch.add(lost);
    this.#takeStarted(batch);
    // One walk through the map: to ask it for its first item again and again would cost a square.
    for (const [slot, item] of this.#items) {
      if (this.#started.length > 0) break;
      if (item.kind === "listing") {
        // No longer an item: a later listing of the scope must not displace the rest of this one.
        this.#items.delete(slot);
        this.#started = item.parts;
        this.#takeStarted(batch);
        continue;
      }
      if (!batch.fits(rowsOf(item))) break;
      this.#remove(slot);
      if (item.kind === "fact") batch.addFact(item.fact);
      else batch.add(item.message);
    }
    return batch.finish();
  }

  /**
   * Puts a batch that the receiver did not take back to the front, for another session; facts that
   * came later still win.
   */
  restore(messages: readonly Message[]): void {
    const waiting = [...this.#items.values()];
    const { whole, torn } = joinParts(messages);
    // Some of its parts went to the old session: no receiver can put it together any more.
    const halfSent = [...torn, ...this.#started.map(({ scope }) => scope)];
    this.#clear();
    for (const parts of this.#arriving.values()) this.#rows += countAll(parts);
    for (const message of messages) {
      if (message.kind !== "listing") this.push(message);
      else this.#addListing(whole.get(message) ?? []);
    }
    for (const item of waiting) this.#add(item);
    this.forget(halfSent, "session ended");
    if (this.#rows > this.#rowsMax) this.#collapse();
  }

  /** Remembers scopes whose facts are gone: they are reported as lost and then looked at again. */
  forget(scopes: Iterable<string>, reason: string): void {
    for (const scope of scopes) {
      this.#reason = reason;
      this.#unreported.add({ scope, recursive: true });
      this.#forgotten.add({ scope, recursive: true });
    }
    this.#bell.ring();
  }

  /** The forgotten scopes, once all of them have been reported by `take`. They are then its caller's. */
  takeForgotten(): ScanRequest[] {
    return this.#unreported.size > 0 ? [] : this.#forgotten.takeAll();
  }

  #addFact(fact: Fact): void {
    const era = String(this.#era);
    if (fact.row === undefined) this.#remove(`${era} upsert ${fact.key}`);
    const slot = `${era} ${fact.row === undefined ? "delete" : "upsert"} ${fact.key}`;
    this.#set(slot, { kind: "fact", fact });
  }

  #addPart(message: ListingMessage): void {
    const { scope, part, last } = message;
    const before = part === 0 ? [] : (this.#arriving.get(scope) ?? []);
    this.#dropArriving(scope);
    if (before.length !== part) {
      // Its first parts were forgotten in between: what is left proves nothing.
      this.forget([scope], "listing torn");
    } else if (last) {
      this.#addListing([...before, message]);
    } else {
      const parts = [...before, message];
      this.#arriving.set(scope, parts);
      this.#rows += countAll(parts);
    }
  }

  #addListing(parts: readonly ListingMessage[]): void {
    const scope = parts[0]?.scope;
    if (scope === undefined) return;
    const complete = parts.every((part) => part.complete);
    const era = String(this.#era);
    this.#remove(`${era} partial listing ${scope}`);
    const slot = `${era} ${complete ? "complete" : "partial"} listing ${scope}`;
    this.#set(slot, { kind: "listing", parts });
  }

  #addOther(message: Message): void {
    if (message.kind === "change") this.#era += 1;
    const isOne = message.kind === "change" || message.kind === "mark";
    const slot = isOne ? Symbol() : `${String(this.#era)} ${message.kind} ${message.scope}`;
    this.#set(slot, { kind: "other", message });
  }

  #add(item: Item): void {
    if (item.kind === "fact") this.#addFact(item.fact);
    else if (item.kind === "listing") this.#addListing(item.parts);
    else this.#addOther(item.message);
  }

  #set(slot: unknown, item: Item): void {
    // Removed first, so that it stands at the end.
    this.#remove(slot);
    this.#items.set(slot, item);
    this.#rows += rowsOf(item);
  }

  #remove(slot: unknown): void {
    const item = this.#items.get(slot);
    if (item === undefined) return;
    this.#items.delete(slot);
    this.#rows -= rowsOf(item);
  }

  #dropArriving(scope: string): void {
    this.#rows -= countAll(this.#arriving.get(scope) ?? []);
    this.#arriving.delete(scope);
  }

  /** Moves parts of the listing that goes next into the batch, as many as fit. */
  #takeStarted(batch: BatchBuilder): void {
    for (const part of this.#started) {
      if (!batch.fits(countRows(part))) return;
      this.#started = this.#started.slice(1);
      this.#rows -= countRows(part);
      batch.add(part);
    }
  }

  #takeUnreported(): LostMessage[] {
    const at = this.#clock.now();
    return this.#unreported.takeAll().map(({ scope }) => lostMessage(scope, this.#reason, at));
  }

  #collapse(): void {
    this.#overflows += 1;
    const scopes = new Set([
      ...[...this.#items.values()].flatMap(scopesOfItem),
      ...this.#started.map(({ scope }) => scope),
      ...this.#arriving.keys(),
    ]);
    this.#clear();
    this.#arriving.clear();
    this.forget(scopes, "buffer full");
  }

  #clear(): void {
    this.#items.clear();
    this.#started = [];
    this.#rows = 0;
  }
}

/** Says that facts of a scope are gone: `at` is now. */
export function lostMessage(scope: string, reason: string, at: number): LostMessage {
  return { kind: "lost", source: "realtime", startedAt: at, endedAt: at, scope, reason };
}

/** The scopes that a message speaks of: where to look again when it is gone. */
export function scopesOf(message: Message): string[] {
  if (message.kind !== "change") return [message.scope];
  const { upserts, deletes, moves = [] } = message;
  const gone = [...moves.map(([from]) => from), ...deletes];
  const keys = [...gone, ...upserts.rows.map(([key]) => String(key))];
  return [...new Set(keys.map(parentScope))];
}

function scopesOfItem(item: Item): string[] {
  if (item.kind === "fact") return [parentScope(item.fact.key)];
  if (item.kind === "listing") return item.parts.slice(0, 1).map(({ scope }) => scope);
  return scopesOf(item.message);
}

function rowsOf(item: Item): number {
  if (item.kind === "fact") return 1;
  return item.kind === "listing" ? countAll(item.parts) : countRows(item.message);
}

function countAll(messages: readonly Message[]): number {
  return messages.reduce((rows, message) => rows + countRows(message), 0);
}

/** The listings that a batch holds whole, by their last part, and the scopes of all others. */
function joinParts(messages: readonly Message[]): {
  readonly whole: ReadonlyMap<ListingMessage, readonly ListingMessage[]>;
  readonly torn: readonly string[];
} {
  const open = new Map<string, ListingMessage[]>();
  const whole = new Map<ListingMessage, readonly ListingMessage[]>();
  const torn: string[] = [];
  for (const message of messages) {
    if (message.kind !== "listing") continue;
    const { scope, part, last } = message;
    const parts = [...(part === 0 ? [] : (open.get(scope) ?? [])), message];
    open.delete(scope);
    if (parts.length !== part + 1) torn.push(scope);
    else if (last) whole.set(message, parts);
    else open.set(scope, parts);
  }
  return { whole, torn: [...torn, ...open.keys()] };
}
