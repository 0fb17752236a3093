import { randomUUID } from "node:crypto";
import type { Checkpoint, StoredSlice } from "@fustor/core";
import type { Domain } from "./domain.js";
import type { SavedFeed } from "./feed/change-feed.js";
import type { FusionTime } from "./fusion-time.js";
import type { ScanJobs } from "./jobs.js";
import type { LogRecord } from "./log/event-log.js";
import type { Kept, Storage } from "./log/storage.js";
import type { SavedPipe } from "./pipe-state.js";
import type { SavedJob } from "./saved-job.js";
import { joinCheckpoints, splitByView } from "./state-slices.js";
import { leavesOf, type LiveView, type WholeView } from "./views.js";

/** What a checkpoint says of Fusion itself. */
interface SavedFusion {
  /** Fusion time of the last record, ms. */
  readonly at: number;
  readonly incarnation: string | undefined;
  readonly feeds: Readonly<Record<string, string>>;
  readonly pipes: Readonly<Record<string, SavedPipe>>;
  readonly scans: readonly SavedJob[];
  /** The change feeds, by view. Earlier versions saved none. */
  readonly changes?: Readonly<Record<string, SavedFeed>>;
}

export interface FusionStateOptions {
  readonly views: ReadonlyMap<string, WholeView>;
  /** By pipe id. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly time: FusionTime;
  readonly jobs: ScanJobs;
}

/** All that one Fusion knows: the fold of its log. */
export class FusionState implements Kept {
  readonly views: ReadonlyMap<string, WholeView>;
  /** What records are folded into: the roots of forests by themselves. */
  readonly leaves: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly time: FusionTime;
  readonly jobs: ScanJobs;
  #at = 0;
  #incarnation: string | undefined;
  #feeds: Readonly<Record<string, string>> = {};

  constructor({ views, domains, time, jobs }: FusionStateOptions) {
    this.views = views;
    this.leaves = leavesOf(views.values());
    this.domains = domains;
    this.time = time;
    this.jobs = jobs;
  }

  replay(record: LogRecord): void {
    const { entry } = record;
    this.#at = Math.max(this.#at, entry.at);
    if ("pipe" in entry) {
      this.domains.get(entry.pipe)?.state.replay(record);
      return;
    }
    switch (entry.kind) {
      case "tick":
        for (const leaf of this.leaves.values()) leaf.apply(entry);
        return;
      case "told":
        this.leaves.get(entry.view)?.apply(entry.record);
        return;
      case "scan":
        this.jobs.restore(entry.job);
        return;
      case "started":
        this.#incarnation = entry.incarnation;
        this.#feeds = entry.feeds;
        for (const { id, feed } of this.views.values()) {
          const { incarnation, revisions = {} } = entry.life ?? { incarnation: randomUUID() };
          feed.begin({ incarnation, revision: revisions[id] ?? -1, at: entry.at });
        }
        return;
      case "followed":
        this.views.get(entry.view)?.feed.wake();
    }
  }

  checkpoint(): Checkpoint | undefined {
    const saved: SavedFusion = {
      at: this.time.now(),
      incarnation: this.#incarnation,
      feeds: this.#feeds,
      pipes: Object.fromEntries([...this.domains].map(([id, domain]) => [id, domain.state.save()])),
      scans: this.jobs.save(),
      changes: Object.fromEntries([...this.views].map(([id, { feed }]) => [id, feed.save()])),
    };
    return joinCheckpoints(Buffer.from(JSON.stringify(saved)), [...this.leaves.values()]);
  }

  async restore(slices: AsyncIterable<StoredSlice>): Promise<void> {
    let changes: SavedFusion["changes"] = {};
    await splitByView(slices, {
      fusion: (bytes) => {
        const saved = JSON.parse(Buffer.from(bytes).toString("utf8")) as SavedFusion;
        this.#restoreFusion(saved);
        ({ changes = {} } = saved);
      },
      view: async (id, ofView) => {
        const driver = this.leaves.get(id)?.driver;
        if (driver?.restore !== undefined) await driver.restore(ofView);
      },
    });
    for (const [id, saved] of Object.entries(changes)) this.views.get(id)?.feed.restore(saved);
  }

  /**
   * Goes on from what was kept. Sessions go on too, unless acknowledged records were lost, or a
   * view that a pipe feeds is not the one it was: then their agents open new ones and tell everything.
   */
  resume({ log, incarnation, damage }: Storage): void {
    this.time.resume(this.#at);
    const isHealing = this.#incarnation !== undefined && this.#incarnation !== incarnation;
    // Before anything is added to it that the life before did not know.
    const revisions = Object.fromEntries(
      Array.from(this.views, ([id, { fs }]) => [id, isHealing ? -1 : fs.revision]),
    );
    const feeds = Object.fromEntries(
      [...this.domains].map(([id, { views }]) => [id, feedOf(views)]),
    );
    for (const [id, domain] of this.domains) {
      if (isHealing || this.#feeds[id] !== feeds[id]) domain.endAll("fusion restarted");
      if (isHealing) domain.lose(damage === undefined ? "restored log" : "damaged log");
      domain.resume();
    }
    this.#incarnation = incarnation;
    this.#feeds = feeds;
    const at = this.time.now();
    const life = { incarnation: randomUUID(), revisions };
    for (const { id, feed } of this.views.values()) {
      const onWake = (): void => {
        log.append({ entry: { kind: "followed", at: this.time.now(), view: id } });
      };
      feed.begin({ incarnation: life.incarnation, revision: revisions[id] ?? -1, at, onWake });
    }
    // Last: a start that did not come so far begins again.
    log.append({ entry: { kind: "started", at, incarnation, feeds, life } });
  }

  #restoreFusion({ at, incarnation, feeds, pipes, scans }: SavedFusion): void {
    this.#at = at;
    this.#incarnation = incarnation;
    this.#feeds = feeds;
    for (const [id, saved] of Object.entries(pipes)) this.domains.get(id)?.state.restore(saved);
    for (const job of scans) this.jobs.restore(job);
  }
}

function feedOf(views: readonly LiveView[]): string {
  return JSON.stringify(views.map(({ id, type }) => [id, type]));
}
