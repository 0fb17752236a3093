import { appendFile, cp, mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BACKENDS } from "../support/agent.js";
import { atEndOfGroup } from "../support/at-end.js";
import { eventually } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { startPair, type Pair } from "../support/pair.js";
import { runOk } from "../support/processes.js";
import { fillWithSamples } from "../support/sample-tree.js";
import { ask } from "../support/view.js";

/** What somebody does in a folder of their own, in which `notes.txt` and `a/b/` stand already. */
type Act = (at: string) => Promise<unknown>;

const ACTS: readonly (readonly [string, Act])[] = [
  ["create a file", (at) => writeFile(join(at, "new"), "new")],
  ["append to a file", (at) => appendFile(join(at, "notes.txt"), "more")],
  ["truncate a file", (at) => writeFile(join(at, "notes.txt"), "")],
  ["rename a file", (at) => rename(join(at, "notes.txt"), join(at, "renamed.txt"))],
  ["rename a file over another", (at) => rename(join(at, "notes.txt"), join(at, "a/b/deep.txt"))],
  ["rename a folder", (at) => rename(join(at, "a"), join(at, "z"))],
  [
    "write below a renamed folder",
    async (at) => {
      await rename(join(at, "a"), join(at, "z"));
      await writeFile(join(at, "z/b/after.txt"), "after");
    },
  ],
  ["delete a file", (at) => rm(join(at, "notes.txt"))],
  ["set a file's time back", (at) => utimes(join(at, "notes.txt"), 1e9, 1e9)],
  ["mkdir -p a chain and touch its end", (at) => sh(at, "mkdir -p c/d/e/f && touch c/d/e/f/leaf")],
  ["cp -p an old file", (at) => sh(at, "touch -d 2001-02-03 old && cp -p old copy")],
  ["mv a file away and back", (at) => sh(at, "mv notes.txt other && mv other notes.txt")],
  ["mv a folder away and back", (at) => sh(at, "mv a other && mv other a && touch a/b/late")],
  [
    "delete and re-create with an older time",
    (at) => sh(at, "rm notes.txt; touch -d 1999-01-01 notes.txt"),
  ],
  [
    "replace a file by a folder",
    (at) => sh(at, "rm notes.txt; mkdir notes.txt; touch notes.txt/in"),
  ],
  ["replace a folder by a file", (at) => sh(at, "rm -r a; echo file > a")],
  ["copy a folder tree", (at) => cp(join(at, "a"), join(at, "copy"), { recursive: true })],
  ["rm -rf a folder tree", (at) => sh(at, "rm -rf a")],
  ["make a symbolic link", (at) => sh(at, "ln -s a/b shortcut && ln -s / root")],
];

describe.each(BACKENDS)("the main job with %s", (backend) => {
  const atEnd = atEndOfGroup();
  let pair: Pair;

  beforeAll(async () => {
    const dir = await makeFolder("tree", { atEnd });
    await fillWithSamples(dir);
    pair = await startPair({ dir, backend, atEnd });
  });

  it("shows a tree as find does", async () => {
    await pair.equal();
  });

  it.each(ACTS)("follows: %s", async (_name, act) => {
    const at = await makePlace(pair.dir);
    await pair.equal();
    await act(at);
    await pair.equal();
  });

  it("follows the unpacking of 5,000 files and their removal", async () => {
    const tar = await makeTar(5_000);
    const before = await runOk("find", [pair.dir]);
    await sh(pair.dir, `tar -xf ${tar}`);
    await pair.equal();
    expect(await runOk("find", [pair.dir])).not.toBe(before);
    await sh(pair.dir, "rm -rf unpacked");
    await pair.equal();
  });

  it("follows a change of a file's mode, by its ctime", async () => {
    const at = await makePlace(pair.dir);
    await pair.equal();
    const file = join(at, "notes.txt");
    await runOk("chmod", ["600", file]);
    const { ctimeMs } = await stat(file);
    const path = encodeURIComponent(file.slice(pair.dir.length));
    await eventually(
      async () => {
        const node = await ask<{ created_time: number }>(pair.fusion.view, `metadata?path=${path}`);
        return Math.abs(node.created_time * 1000 - ctimeMs) < 0.01 || undefined;
      },
      { what: "the ctime in the view" },
    );
  });

  it("uses the back end that it was told to", async () => {
    const { source } = await pair.agent.eventuallyReports(
      ({ state }) => state === "running",
      "running",
    );
    expect(source).toMatchObject({ backend });
  });
});

/** A new folder in the tree with something in it. */
async function makePlace(dir: string): Promise<string> {
  const at = await makeFolder("place", { parent: dir });
  await mkdir(join(at, "a/b"), { recursive: true });
  await writeFile(join(at, "notes.txt"), "notes");
  await writeFile(join(at, "a/b/deep.txt"), "deep");
  return at;
}

/** An archive of files with old times in folders of 100. */
async function makeTar(files: number): Promise<string> {
  const folder = await makeFolder("tar");
  for (let first = 0; first < files; first += 100) {
    const at = join(folder, "unpacked", `part-${String(first / 100)}`, "x");
    await mkdir(at, { recursive: true });
    const names = Array.from({ length: 100 }, (_, i) => join(at, `f${String(first + i)}`));
    await Promise.all(names.map((name, i) => writeFile(name, "y".repeat(i))));
  }
  await sh(folder, "find unpacked -exec touch -d 2010-10-10 {} + && tar -cf files.tar unpacked");
  return join(folder, "files.tar");
}

function sh(cwd: string, script: string): Promise<string> {
  return runOk("sh", ["-ec", script], { cwd });
}
