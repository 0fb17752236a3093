import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readLandmarks } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { makeFolder, openSource } from "./disk.js";

const signal = new AbortController().signal;

async function landmarksIn(folder: string, exclude: string[] = []) {
  const source = await openSource(folder, { exclude });
  const { landmarks = [] } = await source.describe(signal);
  return readLandmarks(landmarks).map(({ path, isDirectory }) => (isDirectory ? `${path}/` : path));
}

describe("the landmarks of a root", () => {
  it("are names near its top, down to where there are enough", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a/b"), { recursive: true });
    await writeFile(join(folder.path, "a/f"), "");
    await writeFile(Buffer.from(`${folder.path}/\xff`, "latin1"), "");
    expect((await landmarksIn(folder.path)).sort()).toEqual(["/a/", "/a/b/", "/a/f", "/\udcff"]);
  });

  it("are none in an empty folder, and not what is left out", async () => {
    await using folder = await makeFolder();
    expect(await landmarksIn(folder.path)).toEqual([]);
    await mkdir(join(folder.path, "out/in"), { recursive: true });
    await writeFile(join(folder.path, "kept"), "");
    expect(await landmarksIn(folder.path, ["out/"])).toEqual(["/kept"]);
  });

  it("are 32 at most, and of a few directories", async () => {
    await using folder = await makeFolder();
    for (let i = 0; i < 100; i += 1) await mkdir(join(folder.path, `d${String(i)}`));
    expect(await landmarksIn(folder.path)).toHaveLength(32);
    await using other = await makeFolder();
    for (let i = 0; i < 10; i += 1) {
      await mkdir(join(other.path, `d${String(i)}/below`), { recursive: true });
    }
    expect(await landmarksIn(other.path)).toHaveLength(13);
  });
});

describe("a root of which most is left out", () => {
  it("has the landmarks that are not", async () => {
    await using folder = await makeFolder();
    for (let i = 0; i < 100; i += 1) await writeFile(join(folder.path, `x${String(i)}.tmp`), "");
    await writeFile(join(folder.path, "kept"), "");
    expect(await landmarksIn(folder.path, ["*.tmp"])).toEqual(["/kept"]);
  });
});
