import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { readDisk } from "../support/disk.js";
import { ask, readView, type ViewAddress } from "../support/view.js";

const EXPLAINED = 3;

/** Why a view still differs from its disk: what Fusion itself says of the first names that do. */
export async function explainDifference(dir: string, view: ViewAddress): Promise<string> {
  const [disk, seen] = await Promise.all([readDisk(dir), readView(view)]);
  const paths = [...new Set([...disk.keys(), ...seen.keys()])].filter(
    (path) => JSON.stringify(disk.get(path)) !== JSON.stringify(seen.get(path)),
  );
  const lines = [
    JSON.stringify(await ask(view, "coverage?path=/")),
    JSON.stringify(await ask(view, "stats")),
  ];
  for (const path of paths.slice(0, EXPLAINED)) {
    const told: unknown = await ask(view, `explain?path=${encodeURIComponent(path)}`).catch(String);
    const node = await lstat(join(dir, path)).catch(() => undefined);
    const onDisk = node && { nlink: node.nlink, ino: node.ino, mtimeMs: node.mtimeMs };
    lines.push(`${path}: disk ${JSON.stringify(onDisk)}, Fusion ${JSON.stringify(told)}`);
  }
  return lines.join("\n");
}
