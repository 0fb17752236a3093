import type { Checkpoint, StoredSlice, ViewRecord } from "@fustor/core";
import {
  isValidPath,
  type BlindSpots,
  type Coverage,
  type Explanation,
  type Found,
  type FoundRow,
  type FsNode,
  type FsStats,
  type FsView,
  type Gap,
  type Look,
  type MarkedNode,
  type OnFsChange,
  type Question,
  type Readiness,
  type Steps,
  type Subtree,
  type Usage,
  type UsageTree,
  type WalkedNode,
} from "@fustor/schema-fs";
import { ALL_FIELDS } from "./alike.js";
import { isDirectory, type NodeId } from "./tree/index.js";
import { restoreCheckpoint } from "./checkpoint/read.js";
import { beginCheckpoint, type OpenCheckpoint } from "./checkpoint/write.js";
import type { FsViewConfig } from "./config.js";
import { Core } from "./core/core.js";
import { coverageOf } from "./core/coverage.js";
import { doubtsOf, dueAt } from "./core/due.js";
import { explain } from "./core/explain.js";
import { find, scan, shown, showMarked } from "./core/find.js";
import { pageOf, search, show, walkFrom } from "./core/questions.js";
import { hashOf } from "./core/state.js";
import { usageTree, type UsageOptions } from "./core/usage.js";
import { VOICES_MAX } from "./core/voices.js";
import type { Limits } from "./core/world.js";

export interface FsViewHooks {
  readonly onChange?: OnFsChange;
}

/** A view of one root. The same records give the same state: nothing else is read. */
export function createFsView(config: FsViewConfig, hooks: FsViewHooks = {}): FsView {
  return new CoreView(new Core(limitsOf(config), hooks.onChange));
}

/** What is kept beside the tree is sparse; where it is not, precision goes and truth stays. */
function limitsOf(config: FsViewConfig): Limits {
  return {
    horizonMs: config.tombstone_ttl_sec * 1_000,
    hotMs: config.hot_file_threshold_sec * 1_000,
    tombstonesMax: config.tombstones_max,
    blindSpotsMax: config.blind_spots_max,
    gapsMax: config.gaps_max,
    doubtsMax: 100_000,
    suspectsMax: 1_000_000,
    heardMax: 1_000_000,
    voicesMax: VOICES_MAX,
    digestMask: ALL_FIELDS,
    brake: { rows: 1_000, share: 0.2, holdsMax: 10_000 },
  };
}

class CoreView implements FsView {
  readonly schema = "fs";
  readonly #core: Core;
  #revision = 0;
  #checkpoint: OpenCheckpoint | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Which attributes count in digests: what the first session of an empty view declared. */
  get digestMask(): number {
    return this.#core.world.tree.digestMask;
  }

  get revision(): number {
    return this.#revision;
  }

  apply(record: ViewRecord): void {
    if (this.#core.apply(record)) this.#revision += 1;
  }

  checkpoint(): Checkpoint {
    if (this.#checkpoint?.isOpen === true) throw new Error("A checkpoint is open already");
    this.#checkpoint = beginCheckpoint(this.#core, this.#revision);
    return this.#checkpoint;
  }

  async restore(slices: AsyncIterable<StoredSlice>): Promise<void> {
    if (this.#core.world.at > 0) throw new Error("A view that has seen records cannot be restored");
    this.#revision = await restoreCheckpoint(this.#core, slices);
  }

  readiness(): Readiness {
    if (this.#core.progress.isReady) return { ready: true };
    const { isSnapshotUnderWay } = this.#core;
    return {
      ready: false,
      reason: isSnapshotUnderWay
        ? "the first snapshot is under way"
        : "no snapshot was completed yet",
    };
  }

  node(path: string): FsNode | undefined {
    const id = this.#find(path);
    return id === undefined ? undefined : show(this.#core.world, id, path);
  }

  walk(path: string, { maxDepth = Infinity }: { readonly maxDepth?: number } = {}) {
    return iterable<WalkedNode>(() =>
      isValidPath(path) ? walkFrom(this.#core.world, path, maxDepth) : [].values(),
    );
  }

  search(text: string): Iterable<FsNode> {
    return iterable(() => search(this.#core.world, text));
  }

  page(path: string, after: string | undefined, limit: number): readonly FsNode[] | undefined {
    return isValidPath(path) ? pageOf(this.#core.world, path, after, limit) : undefined;
  }

  usage(path: string): Usage | undefined {
    const id = this.#find(path);
    return id !== undefined && isDirectory(id) ? this.#core.world.tree.usage(id) : undefined;
  }

  stats(): FsStats {
    const { tree, listings, suspects, blindSpots, gaps, brake, tombstones, at } = this.#core.world;
    const { lastEvidenceAt, lastAuditAt, auditsCompleted } = this.#core.progress;
    const { files, directories } = tree.count;
    return {
      files,
      directories,
      unlisted: listings.waiting.size,
      bytes: tree.sums(tree.root).bytes,
      suspects: suspects.size,
      blindSpots: blindSpots.size,
      gaps: gaps.size,
      held: brake.size,
      tombstones: tombstones.size,
      lastEvidenceAt,
      lastAuditAt,
      auditsCompleted,
      asOf: at,
    };
  }

  unlisted(path: string): number {
    const { tree, listings } = this.#core.world;
    const directory = this.#find(path);
    if (directory === undefined || !isDirectory(directory)) return 0;
    if (directory === tree.root) return listings.waiting.size;
    let count = 0;
    for (const id of listings.waiting) if (tree.isWithin(id, directory)) count += 1;
    return count;
  }

  *suspects(): Generator<{ readonly path: string; readonly until: number }> {
    const { suspects, tree } = this.#core.world;
    for (const [id, until] of suspects.entries()) yield { path: tree.path(id), until };
  }

  blindSpots(): BlindSpots {
    const { blindSpots } = this.#core.world;
    const shown = (kind: "addition" | "modification"): FsNode[] =>
      Array.from(blindSpots.nodes(kind), (id) => show(this.#core.world, id));
    return {
      additions: shown("addition"),
      modifications: shown("modification"),
      deletions: [...blindSpots.deletions()],
    };
  }

  gaps(): Iterable<Gap> {
    return iterable(() => gapsOf(this.#core));
  }

  doubts(): Iterable<string> {
    return iterable(() => doubtsOf(this.#core.world));
  }

  doubtsDue(at: number, max = Infinity): Look {
    return dueAt(this.#core.world, at, max);
  }

  held(): Iterable<string> {
    const { brake, tree } = this.#core.world;
    return Array.from(brake.held, (id) => tree.path(id));
  }

  takeWanted(): readonly string[] {
    return [...this.#core.world.wanted];
  }

  explain(path: string): Explanation | undefined {
    return isValidPath(path) ? explain(this.#core.world, path) : undefined;
  }

  marked(path: string): MarkedNode | undefined {
    const id = this.#find(path);
    return id === undefined ? undefined : showMarked(this.#core.world, id, path);
  }

  find(question: Question): Steps<Found> {
    return find(this.#core.world, question);
  }

  shown(row: FoundRow, question: Subtree): MarkedNode | undefined {
    return shown(this.#core.world, row, question);
  }

  scan(question: Subtree): Generator<MarkedNode | undefined, undefined, undefined> {
    return scan(this.#core.world, question);
  }

  usageTree(path: string, options: UsageOptions): Steps<UsageTree | undefined> {
    return usageTree(this.#core.world, path, options);
  }

  coverage(path: string, at: number, bounds: readonly number[]): Steps<Coverage | undefined> {
    return coverageOf(this.#core.world, path, at, bounds);
  }

  follow(onChange: OnFsChange | undefined): void {
    this.#core.follow(onChange);
  }

  hash(): string {
    return hashOf(this.#core.world);
  }

  #find(path: string): NodeId | undefined {
    return isValidPath(path) ? this.#core.world.tree.find(path) : undefined;
  }
}

function* gapsOf({ world }: Core): Generator<Gap> {
  for (const { scope, kind, reason, since } of world.gaps.all()) {
    yield { scope, kind, reason, since };
  }
}

/** Can be iterated more than once. */
function iterable<T>(start: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: start };
}
