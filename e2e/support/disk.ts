import { spawn } from "node:child_process";
import { decodeName } from "@fustor/schema-fs";
import type { Entry, Tree } from "./tree.js";

/**
 * What `find` says stands at and below a folder. `find` is a program of other people, which is
 * what makes the comparison worth something.
 */
export async function readDisk(dir: string): Promise<Tree> {
  const bytes = await find(dir);
  const tree = new Map<string, Entry>();
  let start = 0;
  const next = (): Buffer => {
    const end = bytes.indexOf(0, start);
    const field = bytes.subarray(start, end);
    start = end + 1;
    return field;
  };
  while (start < bytes.length) {
    const path = `/${decodeName(next())}`;
    const type = next().toString();
    const size = Number(next().toString());
    const mtime = Number(next().toString());
    tree.set(path, { type, size, mtime });
  }
  return tree;
}

function find(dir: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("find", [dir, "-printf", "%P\\0%y\\0%s\\0%T@\\0"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    let problem = "";
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
    child.once("error", reject);
    child.once("close", (code) => {
      // A tree that changes while it is read makes `find` complain; the caller looks again.
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(new Error(`find ${dir} ended with ${String(code)}: ${problem.slice(0, 500)}`));
    });
  });
}
