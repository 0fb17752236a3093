import { mkdirSync, openSync, ftruncateSync, closeSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PROJECTS = ["aurora", "borealis", "corona", "draco", "eridanus", "fornax", "gemini"];
const KINDS = ["raw", "calibrated", "reduced", "preview"];
const ENDINGS = ["fits", "fits", "fits", "h5", "csv", "log"];
/** The time of the newest files of the tree is this long ago, in seconds. */
const AGE_MIN = 3_600;
const DAY = 86_400;

/** Names that a page could stumble over. */
const ODD_NAMES = [
  "<img src=x onerror=alert(1)>",
  "evil\u202egpj.exe",
  "two\nlines.txt",
  "线路图 - 设计稿.pdf",
  "a name that is so long that no column of any list can show all of it at once, whatever its width is.tar.gz",
  "مرحبا.txt",
  "😀 notes.md",
];

/** So many files stand outside the large directory, about. */
const OUTSIDE = 78_000;

/**
 * Fills a folder with what a group of researchers might have, some `wanted` files, the same each
 * time; 110,000 at least. Most files are holes: they have a size and take up next to nothing.
 */
export function makeDemoTree(root, wanted) {
  const random = seeded(7);
  const now = Date.now() / 1_000;
  let files = 0;
  const file = (path, size) => {
    const handle = openSync(path, "w");
    ftruncateSync(handle, size);
    closeSync(handle);
    const at = now - AGE_MIN - random() ** 2 * 700 * DAY;
    utimesSync(path, at, at);
    files += 1;
  };
  for (const [p, project] of PROJECTS.entries()) {
    for (let run = 1; run <= 12; run += 1) {
      for (const kind of KINDS) {
        const dir = join(root, "projects", project, `run-${pad(run, 2)}`, kind);
        mkdirSync(dir, { recursive: true });
        const scale = 2 ** (22 - p) * { raw: 4, calibrated: 2, reduced: 0.5, preview: 0.05 }[kind];
        const frames = 150 + Math.floor(random() * 160);
        for (let frame = 0; frame < frames; frame += 1) {
          const ending = ENDINGS[Math.floor(random() * ENDINGS.length)];
          file(join(dir, `frame-${pad(frame, 5)}.${ending}`), Math.floor(random() ** 3 * scale));
        }
      }
    }
  }
  const flat = join(root, "archive", "2024-all-in-one");
  mkdirSync(flat, { recursive: true });
  for (let i = 0; i < Math.max(30_000, wanted - OUTSIDE); i += 1) {
    file(join(flat, `measurement-${pad(i, 6)}.dat`), Math.floor(random() ** 4 * 300_000));
  }
  for (const [dir, sizes] of [
    ["archive/2025", [8e9, 3.2e9, 900e6, 12e6]],
    ["models", [24e9, 13e9, 7e9, 350e6, 4_000]],
    ["scratch/li.wei", [2e9, 40e6, 17]],
    ["scratch/maría", [600e6, 5_000]],
    ["empty", []],
  ]) {
    mkdirSync(join(root, dir), { recursive: true });
    for (const [i, size] of sizes.entries()) file(join(root, dir, `part-${pad(i, 3)}.bin`), size);
  }
  mkdirSync(join(root, "odd names"));
  for (const name of ODD_NAMES) file(join(root, "odd names", name), 1_234_567);
  const bytes = Buffer.concat([Buffer.from(join(root, "odd names", "bytes-")), NO_TEXT]);
  writeFileSync(bytes, "hello");
  writeFileSync(join(root, "README.md"), "x".repeat(3_210));
  return files + 2;
}

/** Bytes that are no text in any encoding that one would guess. */
const NO_TEXT = Buffer.from([0xff, 0xfe, 0x2e, 0x62, 0x69, 0x6e]);

function pad(value, digits) {
  return String(value).padStart(digits, "0");
}

/** Numbers from 0 to 1 that are the same at each run. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
