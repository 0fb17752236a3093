import type { ViewRecord } from "@fustor/core";
import type { OnFsChange } from "@fustor/schema-fs";
import type { KnownAgent } from "./agents.js";
import { noteAsked } from "./due.js";
import { expire } from "./expiry.js";
import { Hearing } from "./hearing.js";
import { lose } from "./horizon.js";
import { approve, reject } from "./operator.js";
import type { OpenListing } from "./parts.js";
import type { Progress } from "./progress.js";
import { RULE, RuleCounts } from "./rules.js";
import { entryOf } from "./rows.js";
import type { SessionCopy } from "./sessions.js";
import { Speakers } from "./speakers.js";
import type { WalkCopy } from "./walks.js";
import { createWorld, type Limits, type World } from "./world.js";

/** What a checkpoint has of the core, beside the world. */
export interface CoreCopy {
  readonly at: number;
  readonly resetAt: number;
  readonly prunedAt: number;
  readonly progress: Readonly<Progress>;
  readonly agents: readonly (readonly [string, KnownAgent])[];
  readonly sessions: Iterable<SessionCopy>;
  readonly parts: Iterable<readonly [string, OpenListing]>;
  readonly walks: Iterable<WalkCopy>;
  /** By the rule's number. */
  readonly counts: readonly number[];
}

/**
 * The rules by which Fusion believes, over a columnar tree. `apply` is a fold: it reads nothing but
 * its records, so that the same records give the same state.
 */
export class Core {
  readonly #limits: Limits;
  #onChange: OnFsChange | undefined;
  readonly #counts = new RuleCounts();
  readonly #speakers = new Speakers((voice) => this.world.voices.add(voice));
  #hearing: Hearing;
  #prunedAt = -Infinity;

  constructor(limits: Limits, onChange?: OnFsChange) {
    this.#limits = limits;
    this.#onChange = onChange;
    this.#hearing = this.#begin(0, -Infinity);
  }

  /** All that is believed now. */
  get world(): World {
    return this.#hearing.world;
  }

  get progress(): Readonly<Progress> {
    return this.#hearing.progress;
  }

  get counts(): RuleCounts {
    return this.#counts;
  }

  /** Who is told of changes from now on. */
  follow(onChange: OnFsChange | undefined): void {
    this.#onChange = onChange;
    this.world.onChange = onChange;
  }

  /** True while a snapshot has begun and not ended. */
  get isSnapshotUnderWay(): boolean {
    return this.#hearing.walks.isUnderWay("snapshot");
  }

  /** True when something that can be asked has changed. */
  apply(record: ViewRecord): boolean {
    const { world } = this;
    world.at = Math.max(world.at, record.at);
    world.wanted = new Set();
    this.#prunedAt = expire(world, this.#prunedAt);
    this.#fold(record);
    const { changed } = this.world;
    this.world.changed = false;
    return changed;
  }

  copy(): CoreCopy {
    const { world, parts, walks, progress } = this.#hearing;
    const { at, resetAt } = world;
    return {
      ...{ at, resetAt, prunedAt: this.#prunedAt, progress: { ...progress } },
      ...this.#speakers.copy(),
      parts: parts.copy(),
      walks: walks.copy(),
      counts: this.#counts.copy(),
    };
  }

  /** Before the first record, once the world has been restored. */
  restore(copy: CoreCopy): void {
    const { world, parts, walks, progress } = this.#hearing;
    world.at = copy.at;
    world.resetAt = copy.resetAt;
    this.#prunedAt = copy.prunedAt;
    Object.assign(progress, copy.progress);
    this.#speakers.restore(world, copy);
    parts.restore(copy.parts);
    walks.restore(copy.walks);
    for (const [rule, times] of copy.counts.entries()) this.#counts.add(rule, times);
  }

  #fold(record: ViewRecord): void {
    const [hearing, speakers] = [this.#hearing, this.#speakers];
    const { world } = hearing;
    switch (record.kind) {
      case "opened":
        hearing.interrupt(record.speaker.sessionId);
        speakers.open(world, record.speaker);
        return;
      case "closed":
        hearing.interrupt(record.sessionId);
        speakers.close(world, record.sessionId);
        return;
      case "role": {
        const session = speakers.find(record.sessionId);
        hearing.parts.interrupt(record.sessionId);
        if (session === undefined) return;
        // What a leader left open is not gone on with when it leads again.
        if (session.role !== record.role) hearing.walks.interrupt(record.sessionId);
        session.role = record.role;
        return;
      }
      case "clock":
        speakers.find(record.sessionId)?.setClock(record.offsetMs, record.errorMs);
        return;
      case "asked":
        noteAsked(world, record.probes, record.listings);
        return;
      case "batch": {
        const session = speakers.find(record.sessionId);
        if (session === undefined) return;
        for (const message of record.messages) {
          hearing.hear(session, record.stream, message, record.at);
        }
        return;
      }
      case "tick":
        return;
      case "approve":
        approve(world, record.paths);
        return;
      case "reject":
        reject(world, record.paths);
        return;
      case "accept-root":
        speakers.acceptRoot(world, record.agentId, record.identity);
        return;
      case "reset":
        this.#reset();
    }
  }

  #begin(at: number, resetAt: number): Hearing {
    const [speakers, counts, onChange] = [this.#speakers, this.#counts, this.#onChange];
    for (const session of speakers.sessions) session.forgetVoices();
    const world = createWorld(this.#limits, { at, resetAt, lag: speakers.lag, counts, onChange });
    world.mask = speakers.agents.mask;
    return new Hearing(world, speakers);
  }

  /** Sessions live on; what they have under way does not count any more. */
  #reset(): void {
    const before = this.world;
    this.#counts.add(RULE.reset);
    if (this.#onChange !== undefined) {
      for (const id of before.tree.ids()) {
        this.#onChange(before.tree.path(id), entryOf(before, id), undefined);
      }
    }
    this.#hearing = this.#begin(before.at, before.at);
    // What sessions agreed upon goes on.
    this.world.tree.digestMask = before.tree.digestMask;
    lose(this.world, "/", "reset", "", before.at);
  }
}
