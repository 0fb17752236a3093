import type { Moment, Steps, Usage, UsageNode, UsageSums, UsageTree } from "@fustor/schema-fs";
import { shownNode, TOP, type Root } from "./roots.js";

const NOTHING: UsageSums = { files: 0, directories: 0, bytes: 0, blocks: 0 };

/** What stands below the top of a forest: its roots, and what is below them. */
export function usageOfAll(roots: readonly Root[]): Usage {
  const each = roots.map(({ fs }) => fs.usage("/") ?? { ...NOTHING, newest: undefined });
  const sums = sumOf(each);
  return { ...sums, directories: sums.directories + roots.length, newest: newestOf(each) };
}

/** The same with the top itself, and with the roots as its children. */
export function* usageTreeOfAll(
  roots: readonly Root[],
  { depth, top }: { readonly depth: number; readonly top: number },
): Steps<UsageTree> {
  const children: UsageNode[] = [];
  let hardLinks: UsageTree["hardLinks"] = "none";
  for (const root of roots) {
    const tree = yield* root.fs.usageTree("/", { depth: Math.max(0, depth - 1), top });
    if (tree === undefined) continue;
    children.push(shownUsage(root, tree.top));
    if (hardLinks !== "counted each" && tree.hardLinks !== "none") hardLinks = tree.hardLinks;
  }
  children.sort((a, b) => b.blocks - a.blocks);
  const sums = sumOf(children);
  const left = children.slice(top);
  return {
    top: {
      node: TOP,
      ...sums,
      directories: sums.directories + 1,
      newest: newestOf(children),
      children: depth === 0 ? undefined : children.slice(0, top),
      rest: depth === 0 || left.length === 0 ? undefined : { ...sumOf(left), entries: left.length },
    },
    hardLinks,
  };
}

/** What a root says of its usage, as the forest shows it. */
export function shownUsage(root: Root, usage: UsageNode): UsageNode {
  return {
    ...usage,
    node: shownNode(root, usage.node),
    children: usage.children?.map((child) => shownUsage(root, child)),
  };
}

function sumOf(all: readonly UsageSums[]): UsageSums {
  return all.reduce(
    (sum, { files, directories, bytes, blocks }) => ({
      files: sum.files + files,
      directories: sum.directories + directories,
      bytes: sum.bytes + bytes,
      blocks: sum.blocks + blocks,
    }),
    NOTHING,
  );
}

function newestOf(all: readonly { readonly newest: Moment | undefined }[]): Moment | undefined {
  let newest: Moment | undefined;
  for (const { newest: other } of all) {
    if (other === undefined) continue;
    const isNewer =
      newest === undefined ||
      other.seconds > newest.seconds ||
      (other.seconds === newest.seconds && other.nsec > newest.nsec);
    if (isNewer) newest = other;
  }
  return newest;
}
