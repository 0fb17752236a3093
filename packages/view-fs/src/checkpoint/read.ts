import type { ListingMessage, StoredSlice } from "@fustor/core";
import type { BlindSpotsCopy } from "../core/blind-spots.js";
import type { BrakeCopy } from "../core/brake.js";
import type { Core, CoreCopy } from "../core/core.js";
import type { DoubtCopy } from "../core/doubts.js";
import type { GapsCopy } from "../core/gaps.js";
import type { HeardCopy, Said } from "../core/heard.js";
import type { Listed } from "../core/listed.js";
import type { OpenListing } from "../core/parts.js";
import { RULE_KEYS } from "../core/rules.js";
import type { SessionCopy } from "../core/sessions.js";
import type { Testimony } from "../core/evidence.js";
import type { Tombstone } from "../core/tombstones.js";
import type { Voice } from "../core/voices.js";
import { isDigestMask } from "../alike.js";
import type { WalkCopy } from "../core/walks.js";
import type { NodeId, Paged, Tree } from "../tree/index.js";
import { END, FORMAT, FORMAT_BEFORE, HEAD, pageOf, unusable, type Head } from "./format.js";
import { ofFormatBefore } from "./format-before.js";
import { bytesOf, Sections } from "./sections.js";
import { readVoices } from "./voice-book.js";
import type { PartLine, Rest, SessionLine, TestimonyLine, TombstoneLine } from "./write.js";

/**
 * Gives a core that has seen no record the state of a checkpoint, and returns the revision.
 * Throws `CHECKPOINT_UNUSABLE`.
 */
export async function restoreCheckpoint(
  core: Core,
  slices: AsyncIterable<StoredSlice>,
): Promise<number> {
  const reader = new CheckpointReader(core);
  for await (const slice of slices) await reader.take(slice);
  return reader.finish();
}

class CheckpointReader {
  readonly #core: Core;
  readonly #paged: Map<string, Paged<unknown>>;
  /** Pages that are still to come, by section. */
  readonly #missing = new Map<string, Set<number>>();
  readonly #sections = new Sections();
  #head: Head | undefined;
  #isWhole = false;

  constructor(core: Core) {
    this.#core = core;
    // Which head is whose, nobody but the columns themselves knows.
    this.#paged = new Map(Object.entries<Paged<unknown>>(core.world.tree.memory.paged));
  }

  async take(slice: StoredSlice): Promise<void> {
    const { section } = slice;
    if (section === HEAD) {
      this.#begin(await bytesOf(slice));
      return;
    }
    if (this.#head === undefined) throw unusable("its first slice is missing");
    if (section === END) this.#isWhole = true;
    else if (pageOf(section) !== undefined) this.#readPage(slice);
    else if (this.#paged.has(section)) this.#readPage(await ofFormatBefore(slice));
    else this.#sections.read(slice);
  }

  finish(): number {
    const head = this.#head;
    const isMissing = [...this.#missing.values()].some(({ size }) => size > 0);
    if (head === undefined || isMissing || !this.#isWhole)
      throw unusable("a part of it is missing");
    const { tree } = this.#core.world;
    try {
      tree.memory.index();
      renumberRules(tree, head.rules);
      return restoreBeside(this.#core, this.#sections, head.rules);
    } catch (error) {
      throw unusable("a part of it makes no sense", error);
    }
  }

  #begin(bytes: Uint8Array): void {
    const head = JSON.parse(new TextDecoder().decode(bytes)) as Head;
    if (head.format !== FORMAT && head.format !== FORMAT_BEFORE) {
      const [theirs, ours] = [String(head.format), String(FORMAT)];
      throw unusable(`it has format ${theirs}, and this version reads up to ${ours}`);
    }
    if (!isDigestMask(head.digestMask)) {
      throw unusable("its digests are made of attributes that this version does not know");
    }
    this.#core.world.tree.digestMask = head.digestMask;
    for (const [section, columns] of this.#paged) {
      const paged = head.paged[section];
      if (paged === undefined) throw unusable(`it has no columns "${section}"`);
      columns.restore(paged.head);
      this.#missing.set(section, new Set(Array(paged.pages).keys()));
    }
    this.#head = head;
  }

  #readPage(slice: StoredSlice): void {
    const { group = "", page = 0 } = pageOf(slice.section) ?? {};
    const isDue = this.#missing.get(group)?.delete(page) === true;
    const memory = isDue ? this.#paged.get(group)?.memoryOf(page) : undefined;
    const length = memory?.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (memory === undefined || length !== slice.length) {
      throw unusable(`a page of its columns "${group}" does not fit`);
    }
    void slice.read(memory);
  }
}

/** Another version may number rules otherwise: nodes say by number which one let them be. */
function renumberRules(tree: Tree, theirs: readonly string[]): void {
  if (theirs.join() === RULE_KEYS.join()) return;
  for (const id of tree.ids()) {
    const { at, by, error: rule } = tree.seen(id);
    tree.setSeen(id, at, by, ruleOf(theirs, rule));
  }
}

/** A rule that there is no more is none. */
function ruleOf(theirs: readonly string[], rule: number): number {
  return Math.max(0, RULE_KEYS.indexOf(theirs[rule] ?? ""));
}

function restoreBeside(core: Core, sections: Sections, rules: readonly string[]): number {
  const { world } = core;
  const [rest] = sections.lines("rest") as Iterable<Rest>;
  if (rest === undefined) throw new Error("There is no rest");
  const voices = readVoices(sections.lines("voices"), sections.lines("scopes"));
  const voiceOf = (number: number): Voice => {
    const voice = voices[number];
    if (voice === undefined) throw new Error(`There is no voice ${String(number)}`);
    return voice;
  };
  const listed = (section: string) => listedOf(sections.numbers(section), voiceOf);
  world.tree.memory.attributes.restoreBeyond(sections.numbers("beyond"));
  world.voices.restore({ byNumber: voices.slice(0, rest.voices.count), free: rest.voices.free });
  world.heard.restore({ others: heardOf(sections.numbers("heard"), voiceOf), floor: rest.floor });
  world.listings.restore({
    partial: listed("partial"),
    outdated: listed("outdated"),
    waiting: [...sections.numbers("waiting")],
  });
  world.tombstones.restore(tombstonesOf(sections, voiceOf));
  world.doubts.restore(sections.lines("doubts") as Iterable<DoubtCopy>);
  world.suspects.restore(sections.numbers("suspects"));
  world.blindSpots.restore({
    nodes: [...sections.lines("spots")] as BlindSpotsCopy["nodes"],
    order: [...sections.lines("forgettable")] as BlindSpotsCopy["order"],
    deletions: [...sections.lines("deletions")] as BlindSpotsCopy["deletions"],
  });
  world.gaps.restore({
    lost: [...sections.lines("lost")] as GapsCopy["lost"],
    unreadable: [...sections.lines("unreadable")] as GapsCopy["unreadable"],
    orphans: [...sections.lines("orphans")] as GapsCopy["orphans"],
  });
  world.brake.restore({
    ...rest.brake,
    holds: [...sections.lines("holds")] as BrakeCopy["holds"],
  });
  for (const sample of rest.skew) world.skew.add(sample);
  for (const [path, until] of sections.lines("asked") as Iterable<readonly [string, number]>) {
    world.askedToList.set(path, until);
  }
  for (const path of sections.lines("wanted") as Iterable<string>) world.wanted.add(path);
  core.restore({
    ...rest,
    resetAt: rest.resetAt ?? -Infinity,
    prunedAt: rest.prunedAt ?? -Infinity,
    agents: [...sections.lines("agents")] as CoreCopy["agents"],
    sessions: sessionsOf(sections, voiceOf),
    parts: partsOf(sections),
    walks: sections.lines("walks") as Iterable<WalkCopy>,
    counts: countsOf(rest.counts, rules),
  });
  return rest.revision;
}

type VoiceOf = (number: number) => Voice;

function* listedOf(numbers: Float64Array, voiceOf: VoiceOf): Generator<readonly [NodeId, Listed]> {
  for (let at = 0; at < numbers.length; at += 3) {
    const [id = 0, voice = 0, own = 0] = numbers.subarray(at, at + 3);
    yield [id, { voice: voiceOf(voice), own }];
  }
}

/** What hosts said for one node stands together. */
function heardOf(numbers: Float64Array, voiceOf: VoiceOf): HeardCopy["others"] {
  const others = new Map<NodeId, Said[]>();
  for (const [id, said] of listedOf(numbers, voiceOf)) {
    const all = others.get(id);
    if (all === undefined) others.set(id, [said]);
    else all.push(said);
  }
  return others;
}

function* tombstonesOf(sections: Sections, voiceOf: VoiceOf): Generator<Tombstone> {
  const testimonies: Testimony[] = [];
  for (const line of sections.lines("testimonies") as Iterable<TestimonyLine>) {
    const voice = voiceOf(line.voice);
    const { host, boot } = voice;
    testimonies.push({ ...line, voice, host, boot, listing: line.listing });
  }
  for (const line of sections.lines("tombstones") as Iterable<TombstoneLine>) {
    const E = testimonies[line.E];
    if (E === undefined) throw new Error(`The tombstone of ${line.path} rests on nothing`);
    yield { ...line, E };
  }
}

function* sessionsOf(sections: Sections, voiceOf: VoiceOf): Generator<SessionCopy> {
  for (const line of sections.lines("sessions") as Iterable<SessionLine>) {
    const voices = line.voices.map(([key, number]) => [key, voiceOf(number)] as const);
    yield { ...line, voices };
  }
}

function partsOf(sections: Sections): Iterable<readonly [string, OpenListing]> {
  const open = new Map<string, OpenListing>();
  for (const [key, rows, message] of sections.lines("parts") as Iterable<PartLine>) {
    const parts = [...(open.get(key)?.parts ?? []), message as ListingMessage];
    open.set(key, { parts, rows });
  }
  return open;
}

function countsOf(counts: readonly number[], rules: readonly string[]): number[] {
  const ours = RULE_KEYS.map(() => 0);
  for (const [rule, times] of counts.entries()) {
    const at = ruleOf(rules, rule);
    ours[at] = (ours[at] ?? 0) + times;
  }
  return ours;
}
