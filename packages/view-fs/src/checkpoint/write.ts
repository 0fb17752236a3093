import type { Checkpoint, CheckpointSlice } from "@fustor/core";
import type { Core, CoreCopy } from "../core/core.js";
import type { HeardCopy } from "../core/heard.js";
import type { Listed } from "../core/listed.js";
import { RULE_KEYS } from "../core/rules.js";
import type { SessionCopy } from "../core/sessions.js";
import type { Testimony } from "../core/evidence.js";
import type { Tombstone } from "../core/tombstones.js";
import type { World } from "../core/world.js";
import type { NodeId, PageCopy } from "../tree/index.js";
import { END, FORMAT, HEAD, sectionOf, type Head } from "./format.js";
import { sliceLines, sliceNumbers } from "./sections.js";
import { VoiceBook } from "./voice-book.js";

/**
 * A checkpoint of all that later records and answers depend on. The columns of the tree are copied
 * page by page while it is read; what stands beside them is sparse and copied here.
 */
export function beginCheckpoint(core: Core, revision: number): OpenCheckpoint {
  const { memory, digestMask } = core.world.tree;
  const pages = new Map<string, PageCopy>();
  const paged: Record<string, Head["paged"][string]> = {};
  for (const [group, columns] of Object.entries(memory.paged)) {
    const copy = columns.copyPages();
    pages.set(group, copy.pages);
    paged[group] = { pages: copy.pages.count, head: copy.head };
  }
  const head: Head = { format: FORMAT, digestMask, rules: RULE_KEYS, paged };
  const beyond = memory.attributes.copyBeyond();
  return new OpenCheckpoint(
    head,
    pages,
    slicesBeside(core.copy(), copyOf(core.world), beyond, revision),
  );
}

export class OpenCheckpoint implements Checkpoint {
  readonly slices: Iterable<CheckpointSlice>;
  readonly #pages: ReadonlyMap<string, PageCopy>;
  #isOpen = true;

  constructor(head: Head, pages: ReadonlyMap<string, PageCopy>, beside: Iterable<CheckpointSlice>) {
    this.#pages = pages;
    this.slices = this.#read(head, beside);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#isOpen = false;
    for (const pages of this.#pages.values()) pages.close();
  }

  *#read(head: Head, beside: Iterable<CheckpointSlice>): Generator<CheckpointSlice> {
    try {
      yield* sliceLines(HEAD, [head]);
      for (const [group, pages] of this.#pages) yield* this.#readPages(group, pages);
      yield* beside;
      yield { section: END, bytes: new Uint8Array(0) };
    } finally {
      this.close();
    }
  }

  *#readPages(group: string, pages: PageCopy): Generator<CheckpointSlice> {
    for (;;) {
      yield* this.#readKept();
      const page = pages.takeNext();
      if (page === undefined) return;
      yield { section: sectionOf(group, page.number), bytes: page.bytes };
    }
  }

  /** Whatever they are of: they hold memory twice until they are read. */
  *#readKept(): Generator<CheckpointSlice> {
    for (const [group, pages] of this.#pages) {
      for (let page = pages.takeKept(); page !== undefined; page = pages.takeKept()) {
        yield { section: sectionOf(group, page.number), bytes: page.bytes };
      }
    }
  }
}

/** All of a world that stands beside the tree, as it is now. */
type WorldCopy = ReturnType<typeof copyOf>;

function copyOf(world: World) {
  return {
    voices: world.voices.copy(),
    heard: world.heard.copy(),
    listings: world.listings.copy(),
    tombstones: world.tombstones.copy(),
    doubts: world.doubts.copy(),
    suspects: world.suspects.copy(),
    blindSpots: world.blindSpots.copy(),
    gaps: world.gaps.copy(),
    brake: world.brake.copy(),
    skew: [...world.skew.samples],
    asked: [...world.askedToList],
    wanted: [...world.wanted],
  };
}

function* slicesBeside(
  core: CoreCopy,
  world: WorldCopy,
  beyond: Float64Array,
  revision: number,
): Generator<CheckpointSlice> {
  const { voices, heard, listings, blindSpots, gaps, brake } = world;
  const book = new VoiceBook(voices.byNumber);
  yield* sliceNumbers("beyond", beyond);
  yield* sliceNumbers("suspects", world.suspects);
  yield* sliceNumbers("waiting", listings.waiting);
  yield* sliceNumbers("partial", numbersOf(listings.partial, book));
  yield* sliceNumbers("outdated", numbersOf(listings.outdated, book));
  yield* sliceNumbers("heard", numbersOfHeard(heard, book));
  yield* sliceLines("doubts", world.doubts);
  yield* sliceTombstones(world.tombstones, book);
  yield* sliceLines("spots", blindSpots.nodes);
  yield* sliceLines("forgettable", blindSpots.order);
  yield* sliceLines("deletions", blindSpots.deletions);
  yield* sliceLines("lost", gaps.lost);
  yield* sliceLines("unreadable", gaps.unreadable);
  yield* sliceLines("orphans", gaps.orphans);
  yield* sliceLines("holds", brake.holds);
  yield* sliceLines("asked", world.asked);
  yield* sliceLines("wanted", world.wanted);
  yield* sliceLines("sessions", sessionLines(core.sessions, book));
  yield* sliceLines("agents", core.agents);
  yield* sliceLines("walks", core.walks);
  yield* sliceLines("parts", partLines(core));
  const lines = book.lines();
  yield* sliceLines("voices", lines.voices);
  yield* sliceLines("scopes", lines.scopes);
  const { at, resetAt, prunedAt, progress, counts } = core;
  const { cycle, size, removed } = brake;
  const rest: Rest = {
    ...{ at, resetAt, prunedAt, progress, counts, revision, skew: world.skew },
    ...{ brake: { cycle, size, removed }, floor: heard.floor },
    voices: { count: voices.byNumber.length, free: voices.free },
  };
  yield* sliceLines("rest", [rest]);
}

/** Single values, as one line. -Infinity is null there. */
export interface Rest extends Pick<CoreCopy, "at" | "progress" | "counts"> {
  readonly resetAt: number | null;
  readonly prunedAt: number | null;
  readonly revision: number;
  readonly skew: readonly number[];
  readonly brake: { readonly cycle: number; readonly size: number; readonly removed: number };
  readonly floor: HeardCopy["floor"];
  /** Those in use; voices behind them are only mentioned. */
  readonly voices: { readonly count: number; readonly free: readonly number[] };
}

function* numbersOf(
  listings: Iterable<readonly [NodeId, Listed]>,
  book: VoiceBook,
): Generator<number> {
  for (const [id, { voice, own }] of listings) {
    yield id;
    yield book.numberOf(voice);
    yield own;
  }
}

function* numbersOfHeard({ others }: HeardCopy, book: VoiceBook): Generator<number> {
  for (const [id, said] of others) {
    for (const { voice, own } of said) {
      yield id;
      yield book.numberOf(voice);
      yield own;
    }
  }
}

/** A tombstone as a line: the evidence of many is the same. */
export interface TombstoneLine extends Omit<Tombstone, "E"> {
  readonly E: number;
}

export type TestimonyLine = Pick<Testimony, "own" | "t0" | "error" | "realtime" | "lag"> & {
  readonly voice: number;
  readonly listing?: string;
};

function* sliceTombstones(
  tombstones: readonly Tombstone[],
  book: VoiceBook,
): Generator<CheckpointSlice> {
  const numbers = new Map<Testimony, number>();
  const numberOf = (E: Testimony): number => {
    const number = numbers.get(E) ?? numbers.size;
    numbers.set(E, number);
    return number;
  };
  const lines = function* (): Generator<TombstoneLine> {
    for (const { path, E, expiresAt } of tombstones) yield { path, E: numberOf(E), expiresAt };
  };
  yield* sliceLines("tombstones", lines());
  const testimonies = function* (): Generator<TestimonyLine> {
    for (const { voice, own, t0, error, realtime, lag, listing } of numbers.keys()) {
      const line = { voice: book.numberOf(voice), own, t0, error, realtime, lag };
      yield listing === undefined ? line : { ...line, listing };
    }
  };
  yield* sliceLines("testimonies", testimonies());
}

/** A session as a line: its voices by number. */
export interface SessionLine extends Omit<SessionCopy, "voices"> {
  readonly voices: readonly (readonly [string, number])[];
}

function* sessionLines(sessions: Iterable<SessionCopy>, book: VoiceBook): Generator<SessionLine> {
  for (const session of sessions) {
    const voices = session.voices.map(([key, voice]) => [key, book.numberOf(voice)] as const);
    yield { ...session, voices };
  }
}

/** One message of an open listing as a line: `rows` counts those of the whole. */
export type PartLine = readonly [key: string, rows: number, message: unknown];

function* partLines({ parts }: CoreCopy): Generator<PartLine> {
  for (const [key, { parts: messages, rows }] of parts) {
    for (const message of messages) yield [key, rows, message];
  }
}
