import type { ViewRecord } from "@fustor/core";
import type {
  BlindSpots,
  Coverage,
  Explanation,
  Found,
  FoundRow,
  FsNode,
  FsStats,
  FsView,
  Gap,
  Look,
  MarkedNode,
  OnFsChange,
  Question,
  Readiness,
  Steps,
  Subtree,
  Usage,
  UsageTree,
  WalkedNode,
} from "@fustor/schema-fs";
import { findInAll, ownerOf } from "./find.js";
import { askedOf, findRoot, isAnswer, shownNode, shownPath, TOP, type Root } from "./roots.js";
import { coverageOfAll, statsOfAll } from "./sums.js";
import { shownUsage, usageOfAll, usageTreeOfAll } from "./usage.js";

/**
 * Several roots as one view, each at `/<its name>`. Every root is a view of its own, with records,
 * guard, audits and readiness of its own: a forest only asks them, and adds up.
 */
export class Forest implements FsView {
  readonly schema = "fs";
  readonly #roots: readonly Root[];

  constructor(roots: readonly Root[]) {
    this.#roots = roots;
  }

  get revision(): number {
    return this.#roots.reduce((sum, { fs }) => sum + fs.revision, 0);
  }

  /** What concerns no root alone. */
  apply(record: ViewRecord): void {
    for (const { fs } of this.#roots) fs.apply(record);
  }

  readiness(path = "/"): Readiness {
    const asked = findRoot(this.#roots, path);
    if (asked !== undefined) return asked.root.fs.readiness();
    const reasons = this.#roots.flatMap(({ name, fs }) => {
      const readiness = fs.readiness();
      return readiness.ready ? [] : [`/${name}: ${readiness.reason}`];
    });
    return reasons.length === 0 ? { ready: true } : { ready: false, reason: reasons.join("; ") };
  }

  node(path: string): FsNode | undefined {
    if (path === "/") return TOP;
    return this.#in(path, (root, inner) => shown(root, root.fs.node(inner)));
  }

  *walk(
    path: string,
    { maxDepth = Infinity }: { readonly maxDepth?: number } = {},
  ): Generator<WalkedNode> {
    const found = findRoot(this.#roots, path);
    if (found !== undefined) {
      const { root } = found;
      for (const node of root.fs.walk(found.path, { maxDepth })) yield shownNode(root, node);
    }
    if (path !== "/") return;
    yield { ...TOP, depth: 0 };
    if (maxDepth < 1) return;
    for (const root of this.#roots) {
      for (const node of root.fs.walk("/", { maxDepth: maxDepth - 1 })) {
        yield { ...shownNode(root, node), depth: node.depth + 1 };
      }
    }
  }

  search(text: string): Iterable<FsNode> {
    return this.#each((root) => shownAll(root, root.fs.search(text)));
  }

  page(path: string, after: string | undefined, limit: number): readonly FsNode[] | undefined {
    if (path !== "/") {
      return this.#in(path, (root, inner) => {
        return root.fs.page(inner, after, limit)?.map((node) => shownNode(root, node));
      });
    }
    return this.#roots
      .filter(({ name }) => after === undefined || name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((root) => shown(root, root.fs.node("/")) ?? [])
      .slice(0, limit);
  }

  usage(path: string): Usage | undefined {
    if (path === "/") return usageOfAll(this.#roots);
    return this.#in(path, (root, inner) => root.fs.usage(inner));
  }

  *usageTree(
    path: string,
    options: { readonly depth: number; readonly top: number },
  ): Steps<UsageTree | undefined> {
    if (path === "/") return yield* usageTreeOfAll(this.#roots, options);
    const found = findRoot(this.#roots, path);
    const tree = found && (yield* found.root.fs.usageTree(found.path, options));
    return found && tree && { ...tree, top: shownUsage(found.root, tree.top) };
  }

  stats(): FsStats {
    return statsOfAll(this.#roots);
  }

  unlisted(path: string): number {
    if (path === "/") return this.stats().unlisted;
    return this.#in(path, (root, inner) => root.fs.unlisted(inner)) ?? 0;
  }

  *coverage(path: string, at: number, bounds: readonly number[]): Steps<Coverage | undefined> {
    if (path === "/") return yield* coverageOfAll(this.#roots, at, bounds);
    const found = findRoot(this.#roots, path);
    return found && (yield* found.root.fs.coverage(found.path, at, bounds));
  }

  marked(path: string): MarkedNode | undefined {
    if (path === "/") return { ...TOP, blindSpot: false, doubted: false, held: false };
    return this.#in(path, (root, inner) => shown(root, root.fs.marked(inner)));
  }

  find(question: Question): Steps<Found> {
    return findInAll(this.#roots, question);
  }

  shown(row: FoundRow, question: Subtree): MarkedNode | undefined {
    const { index, id } = ownerOf(this.#roots, row.id);
    const root = this.#roots[index];
    if (root === undefined) return undefined;
    if (id === undefined) {
      const stands = question.path === "/" && isAnswer(root, question.filter);
      return stands ? shown(root, root.fs.marked("/")) : undefined;
    }
    const path = question.path === "/" ? "/" : findRoot([root], question.path)?.path;
    if (path === undefined) return undefined;
    return shown(root, root.fs.shown({ ...row, id }, askedOf(root, path, question)));
  }

  *scan(question: Subtree): Generator<MarkedNode | undefined, undefined, undefined> {
    const isTop = question.path === "/";
    for (const root of this.#roots) {
      const path = isTop ? "/" : findRoot([root], question.path)?.path;
      if (path === undefined) continue;
      if (isTop && isAnswer(root, question.filter)) yield shown(root, root.fs.marked("/"));
      if (isTop && !question.isRecursive) continue;
      for (const node of root.fs.scan(askedOf(root, path, question))) yield shown(root, node);
    }
  }

  explain(path: string): Explanation | undefined {
    return this.#in(path, (root, inner) => root.fs.explain(inner));
  }

  suspects(): Iterable<{ readonly path: string; readonly until: number }> {
    return this.#each((root) =>
      map(root.fs.suspects(), ({ path, until }) => ({ path: shownPath(root, path), until })),
    );
  }

  blindSpots(): BlindSpots {
    const all = this.#roots.map((root) => ({ root, spots: root.fs.blindSpots() }));
    return {
      additions: all.flatMap(({ root, spots }) => [...shownAll(root, spots.additions)]),
      modifications: all.flatMap(({ root, spots }) => [...shownAll(root, spots.modifications)]),
      deletions: all.flatMap(({ root, spots }) => [...shownPaths(root, spots.deletions)]),
    };
  }

  gaps(): Iterable<Gap> {
    return this.#each((root) =>
      map(root.fs.gaps(), (gap) => ({ ...gap, scope: shownPath(root, gap.scope) })),
    );
  }

  doubts(): Iterable<string> {
    return this.#each((root) => shownPaths(root, root.fs.doubts()));
  }

  doubtsDue(at: number, max?: number): Look {
    const due = this.#roots.map((root) => ({ root, look: root.fs.doubtsDue(at, max) }));
    return {
      probes: due.flatMap(({ root, look }) => [...shownPaths(root, look.probes)]),
      listings: due.flatMap(({ root, look }) => [...shownPaths(root, look.listings)]),
    };
  }

  held(): Iterable<string> {
    return this.#each((root) => shownPaths(root, root.fs.held()));
  }

  takeWanted(): readonly string[] {
    return this.#roots.flatMap((root) => [...shownPaths(root, root.fs.takeWanted())]);
  }

  follow(onChange: OnFsChange | undefined): void {
    for (const root of this.#roots) {
      root.fs.follow(
        onChange &&
          ((path, before, after, from) => {
            const was = from === undefined ? undefined : shownPath(root, from);
            onChange(shownPath(root, path), before, after, was);
          }),
      );
    }
  }

  hash(): string {
    return this.#roots.map(({ name, fs }) => `${name}=${fs.hash()}`).join(" ");
  }

  #in<Result>(path: string, ask: (root: Root, inner: string) => Result): Result | undefined {
    const found = findRoot(this.#roots, path);
    return found && ask(found.root, found.path);
  }

  *#each<Item>(items: (root: Root) => Iterable<Item>): Generator<Item> {
    for (const root of this.#roots) yield* items(root);
  }
}

function shown<Node extends FsNode>(root: Root, node: Node | undefined): Node | undefined {
  return node && shownNode(root, node);
}

function shownAll<Node extends FsNode>(root: Root, nodes: Iterable<Node>): Iterable<Node> {
  return map(nodes, (node) => shownNode(root, node));
}

function shownPaths(root: Root, paths: Iterable<string>): Iterable<string> {
  return map(paths, (path) => shownPath(root, path));
}

function* map<Item, Result>(
  items: Iterable<Item>,
  change: (item: Item) => Result,
): Generator<Result> {
  for (const item of items) yield change(item);
}
