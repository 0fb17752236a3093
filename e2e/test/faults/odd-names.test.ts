import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Chance } from "@fustor/testkit";
import { expect, it } from "vitest";
import { atEndOfTest } from "../../support/at-end.js";
import { readDisk } from "../../support/disk.js";
import { eventually } from "../../support/eventually.js";
import { makeFolder } from "../../support/folders.js";
import { Picture } from "../../support/hosts.js";
import { startPair } from "../../support/pair.js";
import { runOk } from "../../support/processes.js";
import { difference } from "../../support/tree.js";
import { ask, readView } from "../../support/view.js";

const NAME_MAX = 255;
const LONG_NAMES = 30;
const SLASH = 0x2f;
const DOT = 0x2e;

it("names of any bytes are shown, followed through renames, and gone when they go", async () => {
  const pair = await startPair();
  const names = [...allBytes(), ...longNames(new Chance(1))];
  const at = (folder: string, name: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${join(pair.dir, folder)}/`), name]);
  for (const folder of ["listed", "moved"]) mkdirSync(join(pair.dir, folder));
  for (const name of names) writeFileSync(at("listed", name), "x");
  await pair.equal();

  for (const name of names) {
    mkdirSync(at("", name));
    writeFileSync(Buffer.concat([at("", name), Buffer.from("/"), name]), "");
  }
  await pair.equal();
  for (const name of names) renameSync(at("", name), at("moved", name));
  await pair.equal();
  for (const name of names) {
    rmSync(at("listed", name));
    rmSync(Buffer.concat([at("moved", name), Buffer.from("/"), name]));
    rmdirSync(at("moved", name));
  }
  await pair.equal();
});

interface Coverage {
  readonly gaps: readonly { readonly kind: string; readonly path: string }[];
}

it("a tree deeper than any path may be long is shown as far as it goes, and no further", async () => {
  const dir = await makeFolder("deep");
  atEndOfTest(() => runOk("rm", ["-rf", join(dir, "a"), join(dir, "b")]));
  // Made in halves, and put together afterwards: the whole has no name that mkdir would take.
  const half = Array.from({ length: 9 }, (_, level) => `${String(level)}${"n".repeat(249)}`);
  for (const top of ["a", "b"]) {
    await mkdir(join(dir, top, ...half), { recursive: true });
    await writeFile(join(dir, top, ...half, "leaf"), top);
  }
  await rename(join(dir, "b"), join(dir, "a", ...half, "b"));
  // An audit ends the gap: what could not be read is gone from where it was.
  const pair = await startPair({ dir, auditIntervalSec: 3 });
  const shown = new Picture(pair.fusion.view, dir);

  await eventually(
    async () => {
      const [disk, seen] = await Promise.all([readDisk(dir), readView(pair.fusion.view)]);
      const pathMax = Math.max(...[...seen.keys()].map((path) => path.length));
      const within = new Map([...disk].filter(([path]) => path.length <= pathMax));
      expect(pathMax).toBeGreaterThan(3_700);
      expect(within.size).toBeLessThan(disk.size);
      const differs = difference(within, seen);
      if (differs !== undefined) throw new Error(differs);
      return true;
    },
    { what: "the view to show all that has a path", withinMs: 30_000 },
  );
  const { gaps } = await ask<Coverage>(pair.fusion.view, "coverage?path=/");
  expect(gaps.map(({ kind }) => kind)).toEqual(["unreadable"]);

  // What was too deep is not any more.
  await rename(join(dir, "a", ...half, "b"), join(dir, "b"));
  await pair.equal();
  await shown.until("a view without gaps", async () => (await shown.stats())["gap_count"] === 0);
  await writeFile(join(dir, "b", ...half, "later"), "x");
  await pair.equal();
});

/** Every name of one byte, and every byte in the middle of a name. */
function allBytes(): Buffer[] {
  const bytes = Array.from({ length: 255 }, (_, index) => index + 1).filter((b) => b !== SLASH);
  return bytes.flatMap((byte) => [
    ...(byte === DOT ? [] : [Buffer.of(byte)]),
    Buffer.of(0x61, byte, 0x62),
  ]);
}

/** As long as names may be, of bytes as chance has them: hardly one is text. */
function longNames(chance: Chance): Buffer[] {
  const byte = (): number => {
    const drawn = 1 + chance.below(255);
    return drawn === SLASH ? DOT : drawn;
  };
  return Array.from({ length: LONG_NAMES }, () =>
    Buffer.from(Array.from({ length: NAME_MAX }, byte)),
  );
}
