import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FsNode, WalkedNode } from "@fustor/schema-fs";
import type { FastifyReply } from "fastify";
import { toNodeJson } from "./node-json.js";

/** About 2 ms of work: others get their turn after so many nodes. */
const NODES_PER_TURN = 1_000;

/** Sends pieces of JSON as they come. */
export function sendJson(reply: FastifyReply, pieces: AsyncIterable<string>): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(Readable.from(pieces));
}

/**
 * A tree as nested nodes with `children`, out of a walk that has parents before children.
 * Directories at `maxDepth` have no `children`, except the one that was asked for.
 */
export async function* treeJson(
  nodes: Iterable<WalkedNode>,
  { maxDepth, onlyPath }: { readonly maxDepth: number; readonly onlyPath: boolean },
): AsyncGenerator<string> {
  /** How many lists of children are open, and whether the innermost is still empty. */
  let open = 0;
  let isEmpty = true;
  yield* writeInTurns(nodes, (node) => {
    const { depth } = node;
    // It became a directory after it was written as a file.
    if (depth > open) return "";
    const ends = "]}".repeat(open - depth);
    const comma = isEmpty && ends === "" ? "" : ",";
    const json = JSON.stringify(toNodeJson(node, { onlyPath }));
    open = depth;
    isEmpty = node.isDirectory && (depth < maxDepth || depth === 0);
    if (!isEmpty) return `${ends}${comma}${json}`;
    open += 1;
    return `${ends}${comma}${json.slice(0, -1)},"children":[`;
  });
  yield "]}".repeat(open);
}

/** A flat list of nodes. */
export async function* listJson(nodes: Iterable<FsNode>): AsyncGenerator<string> {
  let separator = "[";
  yield* writeInTurns(nodes, (node) => {
    const piece = separator + JSON.stringify(toNodeJson(node));
    separator = ",";
    return piece;
  });
  yield separator === "[" ? "[]" : "]";
}

/** The items as they are, with a turn of the event loop for others now and then. */
export async function* inTurns<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  let count = 0;
  for (const item of items) {
    yield item;
    count += 1;
    if (count % NODES_PER_TURN === 0) await nextTurn();
  }
}

/** Joins what `write` makes of the items; a turn of the event loop after each piece. */
async function* writeInTurns<Item>(
  items: Iterable<Item>,
  write: (item: Item) => string,
): AsyncGenerator<string> {
  let piece = "";
  let count = 0;
  for (const item of items) {
    piece += write(item);
    count += 1;
    if (count % NODES_PER_TURN !== 0) continue;
    if (piece !== "") yield piece;
    piece = "";
    await nextTurn();
  }
  if (piece !== "") yield piece;
}

/** How many items there are. */
export async function countInTurns(items: Iterable<unknown>): Promise<number> {
  let count = 0;
  const iterator = items[Symbol.iterator]();
  while (iterator.next().done !== true) {
    count += 1;
    if (count % NODES_PER_TURN === 0) await nextTurn();
  }
  return count;
}
