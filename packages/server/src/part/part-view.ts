import {
  isBelow,
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
  type Question,
  type Readiness,
  type Steps,
  type Subtree,
  type Usage,
  type UsageTree,
  type WalkedNode,
} from "@fustor/schema-fs";
import type { Part } from "./part.js";

/** Times of a whole view are told to the second: finer ones tell what else is going on. */
const TIME_STEP_MS = 1_000;

/**
 * A view as it is for who may read a part of it: nothing else is there, and nothing that is counted,
 * found or explained depends on it.
 */
export class PartView implements FsView {
  readonly schema = "fs";
  /** Counts what happens anywhere: told to nobody. */
  readonly revision = 0;
  readonly #fs: FsView;
  readonly #part: Part;

  constructor(fs: FsView, part: Part) {
    this.#fs = fs;
    this.#part = part;
  }

  readiness(path?: string): Readiness {
    const asked = path !== undefined && this.#part.shows(path) ? [path] : this.#part.paths;
    const isReady = asked.every((each) => this.#fs.readiness(each).ready);
    return isReady ? { ready: true } : { ready: false, reason: "no snapshot was completed yet" };
  }

  node(path: string): FsNode | undefined {
    return this.#part.shows(path) ? this.#fs.node(path) : undefined;
  }

  walk(path: string, options?: { readonly maxDepth?: number }): Iterable<WalkedNode> {
    return this.#part.shows(path) ? this.#fs.walk(path, options) : [];
  }

  *search(text: string): Generator<FsNode> {
    const wanted = text.toLowerCase();
    for (const path of this.#part.paths) {
      for (const node of this.#fs.walk(path)) {
        if (node.name.toLowerCase().includes(wanted)) yield node;
      }
    }
  }

  page(path: string, after: string | undefined, limit: number): readonly FsNode[] | undefined {
    return this.#part.shows(path) ? this.#fs.page(path, after, limit) : undefined;
  }

  usage(path: string): Usage | undefined {
    return this.#part.shows(path) ? this.#fs.usage(path) : undefined;
  }

  stats(): FsStats {
    const { asOf, lastAuditAt, auditsCompleted } = this.#fs.stats();
    const parts = this.#part.paths.flatMap((path) => this.#sumsOf(path) ?? []);
    const sum = (read: (sums: Sums) => number): number =>
      parts.reduce((total, sums) => total + read(sums), 0);
    const count = (items: Iterable<unknown>): number => [...items].length;
    const view = {
      suspects: () => this.suspects(),
      gaps: () => this.gaps(),
      held: () => this.held(),
    };
    const spots = (): BlindSpots => this.blindSpots();
    return {
      files: sum(({ files }) => files),
      directories: sum(({ directories }) => directories),
      bytes: sum(({ bytes }) => bytes),
      unlisted: this.#part.paths.reduce((total, path) => total + this.#fs.unlisted(path), 0),
      // Looked for only by who asks: they are not kept by directory.
      get suspects() {
        return count(view.suspects());
      },
      get blindSpots() {
        const { additions, modifications, deletions } = spots();
        return additions.length + modifications.length + deletions.length;
      },
      get gaps() {
        return count(view.gaps());
      },
      get held() {
        return count(view.held());
      },
      tombstones: 0,
      lastEvidenceAt: this.#lastEvidenceAt(),
      lastAuditAt,
      auditsCompleted,
      asOf: Math.floor(asOf / TIME_STEP_MS) * TIME_STEP_MS,
    };
  }

  *suspects(): Generator<{ readonly path: string; readonly until: number }> {
    for (const suspect of this.#fs.suspects()) if (this.#part.shows(suspect.path)) yield suspect;
  }

  blindSpots(): BlindSpots {
    const { additions, modifications, deletions } = this.#fs.blindSpots();
    const isShown = ({ path }: FsNode): boolean => this.#part.shows(path);
    return {
      additions: additions.filter(isShown),
      modifications: modifications.filter(isShown),
      deletions: deletions.filter((path) => this.#part.shows(path)),
    };
  }

  /** What was lost above is lost here; of where, and why, no more is said than that. */
  *gaps(): Generator<Gap> {
    for (const gap of this.#fs.gaps()) {
      if (this.#part.shows(gap.scope)) yield gap;
      for (const path of this.#part.paths) {
        if (isBelow(path, gap.scope)) yield { ...gap, scope: path, reason: "something above" };
      }
    }
  }

  *doubts(): Generator<string> {
    yield* this.#shown(this.#fs.doubts());
  }

  *held(): Generator<string> {
    yield* this.#shown(this.#fs.held());
  }

  unlisted(path: string): number {
    return this.#part.shows(path) ? this.#fs.unlisted(path) : 0;
  }

  explain(path: string): Explanation | undefined {
    return this.#part.shows(path) ? this.#fs.explain(path) : undefined;
  }

  marked(path: string): MarkedNode | undefined {
    return this.#part.shows(path) ? this.#fs.marked(path) : undefined;
  }

  *find(question: Question): Steps<Found> {
    if (!this.#part.shows(question.path)) return { rows: [], hasMore: false };
    return yield* this.#fs.find(question);
  }

  shown(row: FoundRow, question: Subtree): MarkedNode | undefined {
    return this.#part.shows(question.path) ? this.#fs.shown(row, question) : undefined;
  }

  *scan(question: Subtree): Generator<MarkedNode | undefined, undefined, undefined> {
    if (this.#part.shows(question.path)) yield* this.#fs.scan(question);
  }

  *usageTree(
    path: string,
    options: { readonly depth: number; readonly top: number },
  ): Steps<UsageTree | undefined> {
    return this.#part.shows(path) ? yield* this.#fs.usageTree(path, options) : undefined;
  }

  *coverage(path: string, at: number, bounds: readonly number[]): Steps<Coverage | undefined> {
    return this.#part.shows(path) ? yield* this.#fs.coverage(path, at, bounds) : undefined;
  }

  hash(): string {
    return onlyRead();
  }

  apply(): void {
    onlyRead();
  }

  doubtsDue(): Look {
    return onlyRead();
  }

  takeWanted(): readonly string[] {
    return onlyRead();
  }

  follow(): void {
    onlyRead();
  }

  *#shown(paths: Iterable<string>): Generator<string> {
    for (const path of paths) if (this.#part.shows(path)) yield path;
  }

  #sumsOf(path: string): Sums | undefined {
    const node = this.#fs.node(path);
    if (node === undefined) return undefined;
    const below = this.#fs.usage(path);
    if (below === undefined) {
      return { files: 1, directories: 0, bytes: node.attributes?.size ?? 0 };
    }
    return { ...below, directories: below.directories + 1 };
  }

  /** Of the paths themselves: what was heard last of all the view is nobody's business here. */
  #lastEvidenceAt(): number | undefined {
    const times = this.#part.paths.flatMap((path) => {
      const { seen, listed } = this.#fs.explain(path) ?? {};
      return [seen?.at, listed?.at].filter((at) => at !== undefined);
    });
    return times.length === 0 ? undefined : Math.max(...times);
  }
}

type Sums = Pick<FsStats, "files" | "directories" | "bytes">;

function onlyRead(): never {
  throw new Error("a part of a view is only read");
}
