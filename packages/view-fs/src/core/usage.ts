import type { Moment, Steps, UsageNode, UsageSums, UsageTree } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { descend } from "./descent.js";
import { Foremost } from "./foremost.js";
import { show } from "./questions.js";
import type { World } from "./world.js";

export interface UsageOptions {
  /** Levels of children. */
  readonly depth: number;
  /** Children of each directory. */
  readonly top: number;
}

/** What is spent on files with several names, before each of their names is counted as a file. */
export interface LinkLimits {
  /** Names that are looked through. */
  readonly names: number;
  /** Files with several names, for each directory shown: about 150 bytes each while the answer is made. */
  readonly files: number;
}

const LINK_LIMITS: LinkLimits = { names: 20_000_000, files: 1_000_000 };
/** An answer holds about so many nodes. */
const SHOWN_MAX = 100_000;

/** What a file counts for. */
interface Counted {
  readonly size: number;
  readonly blocks: number;
}

/** What the names that a file has beyond the first would count too much, by directory. */
type Surplus = ReadonlyMap<NodeId, { bytes: number; blocks: number }>;

/**
 * What a subtree and its children take up: by the sums that directories keep, so that an answer
 * costs what it shows. Only files with several names make it look at all nodes below.
 */
export function* usageTree(
  world: World,
  path: string,
  { depth, top }: UsageOptions,
  limits = LINK_LIMITS,
): Steps<UsageTree | undefined> {
  const { tree } = world;
  const start = tree.find(path);
  if (start === undefined) return undefined;
  const surplus = yield* findSurplus(world, start, depth, limits);
  let shownCount = 0;
  const node = yield* usageOf(start, depth);
  return { top: node, hardLinks: hardLinksBy(surplus) };

  function* usageOf(id: NodeId, levels: number): Steps<UsageNode> {
    shownCount += 1;
    const sums = sumsOf(id);
    const newest = newestOf(world, id);
    const shown = { node: show(world, id), newest, ...sums };
    if (!isDirectory(id) || levels === 0 || shownCount > SHOWN_MAX) {
      return { ...shown, children: undefined, rest: undefined };
    }
    const largest = new Foremost<{ id: NodeId; bytes: number; blocks: number }>(
      top,
      (a, b) => a.bytes > b.bytes || (a.bytes === b.bytes && a.blocks > b.blocks),
    );
    const rest = { entries: 0, files: 0, directories: 0, bytes: 0, blocks: 0 };
    for (const child of tree.childrenOf(id)) {
      yield;
      if (!tree.isLive(child) || tree.parent(child) !== id) continue;
      const { bytes, blocks, files, directories } = sumsOf(child);
      largest.offer({ id: child, bytes, blocks });
      rest.entries += 1;
      rest.files += files;
      rest.directories += directories;
      rest.bytes += bytes;
      rest.blocks += blocks;
    }
    const children: UsageNode[] = [];
    for (const { id: child } of yield* largest.drain()) {
      if (!tree.isLive(child) || tree.parent(child) !== id) continue;
      const usage = yield* usageOf(child, levels - 1);
      children.push(usage);
      rest.entries -= 1;
      rest.files -= usage.files;
      rest.directories -= usage.directories;
      rest.bytes -= usage.bytes;
      rest.blocks -= usage.blocks;
    }
    return { ...shown, children, rest: rest.entries > 0 ? rest : undefined };
  }

  /** With the node itself. */
  function sumsOf(id: NodeId): UsageSums {
    const blocks = tree.attributes(id)?.blocks ?? 0;
    if (!isDirectory(id)) {
      return { files: 1, directories: 0, bytes: tree.attributes(id)?.size ?? 0, blocks };
    }
    const below = tree.sums(id);
    const counted = surplus?.get(id);
    return {
      files: below.files,
      directories: below.directories + 1,
      bytes: below.bytes - (counted?.bytes ?? 0),
      blocks: below.blocks + blocks - (counted?.blocks ?? 0),
    };
  }
}

function hardLinksBy(surplus: Surplus | undefined): UsageTree["hardLinks"] {
  if (surplus === undefined) return "counted each";
  return surplus.size === 0 ? "none" : "counted once";
}

function newestOf({ tree }: World, id: NodeId): Moment | undefined {
  const attributes = tree.attributes(id);
  const own = attributes && { seconds: attributes.mtime, nsec: attributes.mtimeNsec };
  const below = isDirectory(id) ? tree.usage(id).newest : undefined;
  if (own === undefined || below === undefined) return own ?? below;
  const isLater =
    below.seconds > own.seconds || (below.seconds === own.seconds && below.nsec > own.nsec);
  return isLater ? below : own;
}

/**
 * What to take off each directory, down to `depth` levels below `start`, so that a file with several
 * names below it counts once; undefined where that takes more than `limits` allow.
 */
function* findSurplus(
  { tree }: World,
  start: NodeId,
  depth: number,
  limits: LinkLimits,
): Steps<Surplus | undefined> {
  const surplus = new Map<NodeId, { bytes: number; blocks: number }>();
  if (!isDirectory(start) || !tree.hasLinks) return surplus;
  const { files, directories } = tree.sums(start);
  if (files + directories > limits.names) return undefined;
  /** By directory and inode, what is counted already. */
  const counted = new Map<NodeId, Map<number | string, Counted>>();
  let countedFiles = 0;
  const wants = () => true;
  for (const met of descend(tree, start, { isRecursive: true, wants })) {
    yield;
    if (met === undefined || isDirectory(met.id) || tree.nlink(met.id) < 2) continue;
    const attributes = tree.attributes(met.id);
    if (attributes === undefined) continue;
    const { ino, size, blocks } = attributes;
    for (const directory of shownAbove(met.id)) {
      const inodes = counted.get(directory) ?? new Map<number | string, Counted>();
      if (inodes.size === 0) counted.set(directory, inodes);
      const known = inodes.get(ino);
      if (known === undefined) {
        countedFiles += 1;
        if (countedFiles > limits.files) return undefined;
        inodes.set(ino, { size, blocks });
        continue;
      }
      // The names of one file may be known as of different times: the larger counts.
      const sum = surplus.get(directory) ?? { bytes: 0, blocks: 0 };
      surplus.set(directory, sum);
      sum.bytes += Math.min(known.size, size);
      sum.blocks += Math.min(known.blocks, blocks);
      if (size > known.size) inodes.set(ino, { size, blocks });
    }
  }
  return surplus;

  /** The directories that the node stands in, of those that an answer shows. */
  function shownAbove(id: NodeId): readonly NodeId[] {
    const above: NodeId[] = [];
    for (let at = id; at !== start && at !== tree.root;) {
      at = tree.parent(at);
      above.push(at);
    }
    return above.slice(-(depth + 1));
  }
}
