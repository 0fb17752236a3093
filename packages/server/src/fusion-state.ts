import type { Checkpoint, CheckpointSlice } from "@fustor/core";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import type { LogRecord } from "./log/event-log.js";
import type { Kept, Storage } from "./log/storage.js";
import type { SavedPipe } from "./pipe-state.js";
import { joinCheckpoints, splitByView } from "./state-slices.js";
import { leavesOf, type LiveView } from "./views.js";

/** What a checkpoint says of Fusion itself. */
interface SavedFusion {
  /** Fusion time of the last record, ms. */
  readonly at: number;
  readonly incarnation: string | undefined;
  readonly feeds: Readonly<Record<string, string>>;
  readonly pipes: Readonly<Record<string, SavedPipe>>;
}

export interface FusionStateOptions {
  readonly views: ReadonlyMap<string, LiveView>;
  /** By pipe id. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly time: FusionTime;
}

/** All that one Fusion knows: the fold of its log. */
export class FusionState implements Kept {
  readonly views: ReadonlyMap<string, LiveView>;
  /** What records are folded into: the roots of forests by themselves. */
  readonly leaves: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly time: FusionTime;
  #at = 0;
  #incarnation: string | undefined;
  #feeds: Readonly<Record<string, string>> = {};

  constructor({ views, domains, time }: FusionStateOptions) {
    this.views = views;
    this.leaves = leavesOf(views.values());
    this.domains = domains;
    this.time = time;
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
      case "started":
        this.#incarnation = entry.incarnation;
        this.#feeds = entry.feeds;
    }
  }

  checkpoint(): Checkpoint | undefined {
    const saved: SavedFusion = {
      at: this.time.now(),
      incarnation: this.#incarnation,
      feeds: this.#feeds,
      pipes: Object.fromEntries([...this.domains].map(([id, domain]) => [id, domain.state.save()])),
    };
    return joinCheckpoints(Buffer.from(JSON.stringify(saved)), [...this.leaves.values()]);
  }

  async restore(slices: AsyncIterable<CheckpointSlice>): Promise<void> {
    await splitByView(slices, {
      fusion: (bytes) => {
        this.#restoreFusion(JSON.parse(Buffer.from(bytes).toString("utf8")) as SavedFusion);
      },
      view: async (id, ofView) => {
        const driver = this.leaves.get(id)?.driver;
        if (driver?.restore !== undefined) await driver.restore(ofView);
      },
    });
  }

  /**
   * Goes on from what was kept. Sessions go on too, unless acknowledged records were lost, or a
   * view that a pipe feeds is not the one it was: then their agents open new ones and tell everything.
   */
  resume({ log, incarnation, damage }: Storage): void {
    this.time.resume(this.#at);
    const isHealing = this.#incarnation !== undefined && this.#incarnation !== incarnation;
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
    // Last: a start that did not come so far begins again.
    log.append({ entry: { kind: "started", at, incarnation, feeds } });
  }

  #restoreFusion({ at, incarnation, feeds, pipes }: SavedFusion): void {
    this.#at = at;
    this.#incarnation = incarnation;
    this.#feeds = feeds;
    for (const [id, saved] of Object.entries(pipes)) this.domains.get(id)?.state.restore(saved);
  }
}

function feedOf(views: readonly LiveView[]): string {
  return JSON.stringify(views.map(({ id, type }) => [id, type]));
}
