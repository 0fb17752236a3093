import { isDeepStrictEqual } from "node:util";
import { digestMask, encodeName } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { page, stateHash, Tree, walk, type NodeId } from "../../src/tree/index.js";
import { Chance } from "../chance.js";
import { anyAttributes, anyName } from "./any.js";
import { NaiveNode } from "./naive-tree.js";

const SEEDS = 50;
const STEPS = 400;

describe("the tree beside a naive one", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))("agrees, seed %i", (seed) => {
    const pair = new Pair(seed);
    for (let step = 0; step < STEPS; step += 1) {
      pair.change();
      if (step % 40 === 39) pair.compareAll();
      else pair.compareOne();
    }
    pair.compareAll();
    expect(stateHash(pair.rebuilt())).toBe(stateHash(pair.tree));
  });
});

/** Both trees under the same random changes. */
class Pair {
  readonly #chance: Chance;
  readonly #mask: number;
  readonly tree: Tree;
  readonly #naive = new NaiveNode("", undefined, undefined, true);
  readonly #ids = new Map<NaiveNode, NodeId>();

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#mask = seed % 3 === 0 ? 0 : digestMask(["ino", "uid", "gid", "mode", "ctime"]);
    this.tree = new Tree({ digestMask: this.#mask });
    this.#ids.set(this.#naive, this.tree.root);
  }

  change(): void {
    const chance = this.#chance;
    const node = chance.pick([...this.#ids.keys()]);
    const dice = chance.next();
    if (dice < 0.4) this.#insert(node);
    else if (dice < 0.6) this.#update(node);
    else if (dice < 0.75) this.#move(node);
    else if (dice < 0.83) this.#remove(node);
    else if (dice < 0.85) this.#burst(node);
    else if (dice < 0.87) this.#thin(node);
    else this.#mark(node);
  }

  #insert(near: NaiveNode): void {
    const chance = this.#chance;
    const directory = near.children === undefined ? near.parent : near;
    const name = anyName(chance);
    if (directory?.children === undefined || directory.children.has(name)) return;
    const isDirectory = chance.often(0.3);
    const attributes = chance.often(0.1) ? undefined : anyAttributes(chance, isDirectory);
    const added = new NaiveNode(name, directory, attributes, isDirectory);
    const id = this.tree.insert(this.#id(directory), name, attributes, isDirectory);
    this.#ids.set(added, id);
  }

  #update(node: NaiveNode): void {
    const { attributes: before } = node;
    const drawn = anyAttributes(this.#chance, node.children !== undefined);
    // Often only the time differs, so that the newest comes and goes.
    node.attributes =
      before !== undefined && this.#chance.often(0.5)
        ? { ...before, mtime: drawn.mtime, mtimeNsec: drawn.mtimeNsec }
        : drawn;
    this.tree.update(this.#id(node), node.attributes);
  }

  #move(node: NaiveNode): void {
    const directories = [...this.#ids.keys()].filter(({ children }) => children !== undefined);
    const to = this.#chance.pick(directories);
    const name = this.#chance.often(0.5) ? node.name : anyName(this.#chance);
    if (node === this.#naive || to.isWithin(node) || to.children?.has(name) === true) return;
    node.move(to, name);
    this.tree.move(this.#id(node), this.#id(to), name);
  }

  #remove(node: NaiveNode): void {
    if (node === this.#naive) return;
    const doomed = [...node.all()];
    const told: NodeId[] = [];
    this.tree.remove(this.#id(node), (id) => told.push(id));
    expect(new Set(told)).toEqual(new Set(doomed.map((gone) => this.#id(gone))));
    for (const gone of doomed) this.#ids.delete(gone);
    node.remove();
  }

  /** So many children that a table is needed. */
  #burst(node: NaiveNode): void {
    const count = 20 + this.#chance.below(60);
    if (this.#chance.often(0.5) && node.children !== undefined) {
      this.tree.reserve(this.#id(node), node.children.size + count);
    }
    for (let i = 0; i < count; i += 1) this.#insert(node);
  }

  #thin(node: NaiveNode): void {
    for (const child of [...(node.children?.values() ?? [])]) {
      if (this.#chance.often(0.7)) this.#remove(child);
    }
  }

  #mark(node: NaiveNode): void {
    const chance = this.#chance;
    const id = this.#id(node);
    node.seen = { at: chance.next() * 2e12, by: chance.below(65_536), error: chance.below(65_536) };
    this.tree.setSeen(id, node.seen.at, node.seen.by, node.seen.error);
    node.flags = chance.below(2 ** 15);
    this.tree.setFlags(id, node.flags);
    if (node.children === undefined) return;
    const complete = chance.often(0.5);
    node.listed = { at: chance.below(2 ** 45), by: chance.below(65_536), error: 7, complete };
    this.tree.setListed(id, { ...node.listed, error: 6.5 });
  }

  compareOne(): void {
    this.#compare(this.#chance.pick([...this.#ids.keys()]));
  }

  compareAll(): void {
    for (const node of this.#ids.keys()) this.#compare(node);
    const walked = [...walk(this.tree, this.tree.root)];
    expect(walked.map(({ path }) => path)).toEqual([...this.#naive.all()].map(({ path }) => path));
    expect(this.tree.nodes.files.live + this.tree.nodes.directories.live).toBe(this.#ids.size);
    const names = new Set([...this.#ids.keys()].map(({ name }) => name));
    expect(this.tree.names.count).toBe(names.size - 1); // the root's is none
  }

  #compare(node: NaiveNode): void {
    const shown = this.#show(node);
    const wanted = this.#want(node);
    // `expect` is slow where it has nothing to say.
    if (!isDeepStrictEqual(shown, wanted)) expect(shown).toEqual(wanted);
  }

  #show(node: NaiveNode) {
    const { tree } = this;
    const id = this.#id(node);
    const all = {
      path: tree.path(id),
      found: tree.find(node.path),
      attributes: tree.attributes(id),
      seen: tree.seen(id),
      flags: tree.flags(id),
    };
    if (node.children === undefined) return all;
    return {
      ...all,
      listed: tree.listed(id),
      usage: tree.usage(id),
      digest: tree.digest(id),
      children: [...tree.childrenOf(id)],
      paged: this.#paged(id),
    };
  }

  #want(node: NaiveNode) {
    const { path, attributes, seen, flags } = node;
    const all = { path, found: this.#id(node), attributes, seen, flags };
    if (node.children === undefined) return all;
    const children = [...node.children.values()];
    return {
      ...all,
      listed: node.listed,
      usage: node.usage(),
      digest: node.digest(this.#mask),
      children: children.map((child) => this.#id(child)),
      paged: children
        .map(({ name }) => name)
        .sort((a, b) => Buffer.compare(encodeName(a), encodeName(b))),
    };
  }

  #paged(id: NodeId): string[] {
    const names: string[] = [];
    for (;;) {
      const next = page(this.tree, id, names.at(-1), 7);
      names.push(...next.map((child) => this.tree.name(child)));
      if (next.length < 7) return names;
    }
  }

  /** The same content, inserted in another order into a fresh tree. */
  rebuilt(): Tree {
    const tree = new Tree({ digestMask: 0 });
    const insert = (node: NaiveNode, id: NodeId) => {
      tree.setSeen(id, node.seen.at, node.seen.by, node.seen.error);
      tree.setFlags(id, node.flags);
      if (node.children === undefined) return;
      tree.setListed(id, node.listed);
      for (const child of [...node.children.values()].reverse()) {
        const isDirectory = child.children !== undefined;
        insert(child, tree.insert(id, child.name, child.attributes, isDirectory));
      }
    };
    if (this.#naive.attributes !== undefined) tree.update(tree.root, this.#naive.attributes);
    insert(this.#naive, tree.root);
    return tree;
  }

  #id(node: NaiveNode): NodeId {
    const id = this.#ids.get(node);
    if (id === undefined) throw new Error(`${node.path} has no id`);
    return id;
  }
}
