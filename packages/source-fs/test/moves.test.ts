import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import koffi from "koffi";
import type { Move } from "@fustor/core";
import { until } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { follow, HastyClock, makeFolder, openSource, type Watched } from "./disk.js";

const run = promisify(execFile);
const sh = (cwd: string, script: string) => run("sh", ["-ec", script], { cwd });

/** After so long no walk can have overlooked a directory that was renamed while it went on. */
const LONG_MS = 10_000;
const TREE =
  "mkdir -p a/x/y b c; echo 1 > a/f; echo 2 > a/x/f; echo 3 > a/x/y/f; echo 4 > b/f; ln a/x/y/f b/l";

describe.skipIf(process.platform !== "linux")("renames, with inotify", () => {
  it.each<readonly [fact: string, script: string, moves: readonly Move[]]>([
    ["a file", "mv b/f b/g", [["/b/f", "/b/g"]]],
    ["a file that goes over another", "mv b/f a/f", [["/b/f", "/a/f"]]],
    ["a directory", "mv a d", [["/a", "/d"]]],
    ["a directory that goes into another", "mv a b/d", [["/a", "/b/d"]]],
    ["a directory that goes over an empty one", "mv -T a c", [["/a", "/c"]]],
    [
      "a directory, and files in it at once",
      "echo 5 > a/x/g; mv a d; echo 6 > d/x/h",
      [["/a", "/d"]],
    ],
    [
      "a directory from one that is renamed too",
      "mv a/x z; mv a d",
      [
        ["/a/x", "/z"],
        ["/a", "/d"],
      ],
    ],
  ])("%s is one move, and nothing else is listed", async (_, script, moves) => {
    await using scene = await makeScene();
    await scene.at(script);
    await scene.hears();
    expect(scene.moves()).toEqual(expect.arrayContaining([...moves]));
    expect(scene.moves()).toHaveLength(moves.length);
    const dirs = moves.map(([, to]) => to);
    expect(scene.listed().filter((path) => dirs.some((to) => path.startsWith(to)))).toEqual([]);
  });

  it.each([
    ["a directory whose name another one gets", "mv a d; mv d/x a"],
    ["a chain of renames", "mv a d; mv d e; mv e g"],
    ["away and back", "mv a d; mv d a"],
    ["away and back, and another one meanwhile", "mv a d; mkdir a; touch a/n; rm -r a; mv d a"],
    ["two that change names", "mv a t; mv b a; mv t b"],
    ["three in a circle", "mv a t; mv c a; mv b c; mv t b"],
    ["a rotation", "mv b c/old; mv a b; mkdir a; touch a/new"],
    ["a directory into one that is renamed then", "mv a b/a; mv b d"],
    ["a directory out of one that is renamed then and back", "mv a/x z; mv a d; mv z d/x"],
    ["to what was below it", "mv a/x d; rm -r a; mv d a"],
    ["another one at the old name", "mv a d; mkdir -p a/x/y; touch a/x/y/new"],
    ["gone after it came", "mv a d; rm -r d"],
    ["a file, then a directory of its name", "mv a/f g; rm g; mkdir g; touch g/in"],
    ["a file that becomes a directory and back", "mv a t; mv b/f a; mv t b/f"],
    ["a directory that is made and renamed", "mkdir -p n/o/p; touch n/o/p/q; mv n m"],
    ["a copy that is renamed", "cp -r a e; mv e/x z; mv e g; mv z g/x"],
    ["out of the tree", 'mv a "$OUT"'],
    ["out of the tree and back", 'mv a "$OUT/a"; touch "$OUT/a/x/other"; mv "$OUT/a" d'],
    ["into the tree", 'mkdir -p "$OUT/n/o"; touch "$OUT/n/o/p"; mv "$OUT/n" d'],
    ["to a name that is not reported", "mv a a.skip"],
    ["to a name that is not reported and back", "mv a a.skip; touch a.skip/x/n; mv a.skip d"],
    ["below a name that is not reported", "mkdir s.skip; mv a s.skip; mv s.skip s"],
    ["a file that leaves it just before", 'mv a/x/f "$OUT"; mv a d'],
    ["hard links in it", "mv a d; echo more >> b/l"],
    [
      "names that are not UTF-8",
      "mv a $(printf 'd\\377'); mv b $(printf 'd\\377')/x/$(printf '\\300')",
    ],
  ])("%s", async (_, script) => {
    await using scene = await makeScene();
    await scene.at(script);
    await scene.hears();
  });

  it("two directories that change places in one moment", async () => {
    await using scene = await makeScene();
    exchange(join(scene.path, "a/x"), join(scene.path, "b"));
    await scene.hears();
  });

  it("a directory and a file that change places in one moment", async () => {
    await using scene = await makeScene();
    exchange(join(scene.path, "a"), join(scene.path, "b/f"));
    await scene.hears();
  });

  it("what is reported by its place is told anew at another place", async () => {
    await using scene = await makeScene(["/a/x/", "/d/f"]);
    await scene.at("mv a d");
    await scene.hears();
    expect(scene.moves()).toEqual([]);
  });

  it("is listed at its new name when a walk may not have met it at either", async () => {
    await using scene = await makeScene();
    const walk = scene.watched.source.audit?.(new AbortController().signal)[Symbol.asyncIterator]();
    for (let count = 0; count < 2; count += 1) await walk?.next();
    await scene.at("mv a d");
    await until(() => scene.listed().includes("/d/x/y"));
    expect(scene.moves()).toEqual([["/a", "/d"]]);
    await walk?.return?.();
    await scene.hears();
  });

  it("is listed at its new name when somebody asks for the old one later", async () => {
    await using scene = await makeScene();
    await scene.at("mv a d");
    await until(() => scene.moves().length === 1);
    const request = { scope: "/a/x", recursive: true };
    const { source } = scene.watched;
    for await (const message of source.scan?.(request, new AbortController().signal) ?? []) {
      scene.watched.model.add(message);
    }
    await until(() => scene.listed().includes("/d/x"));
    await scene.hears();
  });
});

interface Scene {
  readonly path: string;
  readonly watched: Watched;
  /** Runs a script in the tree. */
  at(script: string): Promise<unknown>;
  /** Resolves once all is told, and that every directory is watched is shown. */
  hears(): Promise<void>;
  moves(): readonly Move[];
  /** The directories that were listed since the scene was set. */
  listed(): readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A small tree that has long been watched. */
async function makeScene(exclude = ["*.skip"]): Promise<Scene> {
  const folder = await makeFolder();
  const elsewhere = await makeFolder();
  await sh(folder.path, TREE);
  const clock = new HastyClock();
  const source = await openSource(
    folder.path,
    { watch_backend: "inotify", exclude },
    "/nonexistent",
    clock,
  );
  const watched = await follow(folder.path, source);
  const isReported = (path: string) =>
    !path.endsWith(".skip") && !exclude.includes(`${path}/`) && !exclude.includes(path);
  await watched.agrees(isReported);
  await until(() => watched.source.status?.()["dirtyDirectories"] === 0);
  clock.putForward(LONG_MS);
  watched.model.messages.length = 0;
  const at = (script: string) => sh(folder.path, `OUT='${elsewhere.path}'; ${script}`);
  return {
    path: folder.path,
    watched,
    at,
    hears: async () => {
      await watched.agrees(isReported);
      await at('find . -name "*.skip" -prune -o -type d -print0 | xargs -0 -I{} touch {}/later');
      await watched.agrees(isReported);
    },
    moves: () =>
      watched.model.messages.flatMap((m) => (m.kind === "change" ? (m.moves ?? []) : [])),
    listed: () => watched.model.messages.flatMap((m) => (m.kind === "listing" ? [m.scope] : [])),
    [Symbol.asyncDispose]: async () => {
      await watched[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
    },
  };
}

/** Gives two names each other's directory in one moment: `renameat2` with RENAME_EXCHANGE. */
function exchange(one: string, other: string): void {
  const call = koffi
    .load(null)
    .func(
      "int renameat2(int from, const char *path, int to, const char *other, unsigned int flags)",
    );
  const AT_FDCWD = -100;
  expect(call(AT_FDCWD, one, AT_FDCWD, other, 2)).toBe(0);
}
