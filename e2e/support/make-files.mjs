/**
 * A writer of its own: `node make-files.mjs DIR COUNT` makes COUNT small files below DIR as fast as
 * it can, 500 in a folder, and folders inside folders, so that many are made before anyone watches.
 */
import { mkdirSync, writeFileSync } from "node:fs";

const [dir = "", count = "0"] = process.argv.slice(2);
const PER_FOLDER = 500;

for (let made = 0; made < Number(count); made += PER_FOLDER) {
  const folder = `${dir}/${made % 2000}/deep/${made}`;
  mkdirSync(folder, { recursive: true });
  const end = Math.min(PER_FOLDER, Number(count) - made);
  for (let i = 0; i < end; i += 1) writeFileSync(`${folder}/f${i}`, "burst");
}
