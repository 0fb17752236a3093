import { readFile, readdir } from "node:fs/promises";

/** The processes that a process has started, of those that still run. */
export async function childrenOf(pid: number): Promise<number[]> {
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(all.map(async (each) => [each, await parentOf(each)] as const));
  return parents.filter(([, parent]) => parent === pid).map(([each]) => each);
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  // The name in parentheses may hold anything, the last parenthesis ends it.
  const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? undefined : Number(parent);
}
