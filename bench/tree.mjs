import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const PROJECTS = ["aurora", "borealis", "corona", "deneb", "eridani", "fomalhaut"];
export const SUBJECTS = ["camera", "spectra", "calibration", "sequencing", "proofs", "renders"];
export const ENDINGS = ["raw", "fits", "csv", "tif", "json", "h5"];
const FILES_PER_FOLDER = 50;

/**
 * Makes a tree of `files` small files in folders of 50 with names as research groups give them, or
 * leaves alone the one that an earlier run made. The seed decides everything.
 */
export function makeTree(dir, { files, seed = 1 }) {
  const mark = join(dir, `..`, `${files}-${seed}.complete`);
  if (existsSync(mark)) return;
  const random = createRandom(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  let made = 0;
  for (let run = 0; made < files; run += 1) {
    const folder = join(dir, pick(PROJECTS), `${2015 + (run % 11)}`, pick(SUBJECTS), `run-${run}`);
    mkdirSync(folder, { recursive: true });
    const stem = `${pick(SUBJECTS)}_${pick(PROJECTS)}`;
    const ending = pick(ENDINGS);
    for (let i = 0; i < FILES_PER_FOLDER && made < files; i += 1, made += 1) {
      const name = `${stem}_${String(i).padStart(4, "0")}.${ending}`;
      writeFileSync(join(folder, name), "x".repeat(Math.floor(random() * 64)));
    }
  }
  writeFileSync(mark, "");
}

/** Marsaglia's xorshift32: small, and the same everywhere. */
export function createRandom(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
