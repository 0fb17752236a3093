import type { TreeNode } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { connect, type ConnectOptions } from "./connect.js";
import { rawPath, toViewPath } from "./names.js";
import { Output } from "./output.js";

export interface TreeOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly depth: string;
}

/** `fustor tree`: a path and what is below it, as a drawing. */
export async function tree(path: string, options: TreeOptions): Promise<number> {
  const { depth } = options;
  if (!/^\d{1,4}$/.test(depth)) {
    throw new FustorError("USAGE", `--level is "${depth}". Give a whole number from 0 on.`);
  }
  const { client } = await connect(options);
  const top = await client.tree(toViewPath(path), { maxDepth: Number(depth) });
  const out = new Output();
  if (options.json === true) out.add(`${JSON.stringify(top, undefined, 2)}\n`);
  else {
    out.addName(path);
    for (const { lead, node } of draw(top, "")) {
      out.add(lead);
      const raw = rawPath(node);
      out.addName(raw.slice(raw.lastIndexOf("/") + 1) + (node.type === "d" ? "/" : ""));
      await out.flush();
    }
  }
  await out.flush({ now: true });
  return 0;
}

/** What is below a node, by name, each with the lines that lead to it. */
function* draw(
  { children = [] }: TreeNode,
  before: string,
): Generator<{ readonly lead: string; readonly node: TreeNode }> {
  const sorted = [...children].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [index, node] of sorted.entries()) {
    const isLast = index === sorted.length - 1;
    yield { lead: before + (isLast ? "└── " : "├── "), node };
    yield* draw(node, before + (isLast ? "    " : "│   "));
  }
}
