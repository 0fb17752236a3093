import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import koffi from "koffi";
import { describe, expect, it } from "vitest";
import { follow, makeFolder, openSource } from "./disk.js";

const run = promisify(execFile);
const sh = (cwd: string, script: string) => run("sh", ["-ec", script], { cwd });

describe.each(["inotify", "parcel"] as const)("changes told by %s", (watch_backend) => {
  const open = (root: string) => openSource(root, { watch_backend });

  it.each([
    ["a file that is made", "echo one > old/new"],
    ["a file that is written to", "echo more >> old/file"],
    ["a file whose mode changes", "chmod 600 old/file"],
    ["a file that is renamed", "mv old/file old/other"],
    ["a file that moves to another directory", "mv old/file deep/er/file"],
    ["a file that is replaced by a rename", "echo new > tmp; mv tmp old/file"],
    ["a rename and back", "mv old/file b; mv b old/file"],
    ["a copy that keeps its times", "cp -p old/file deep/copy"],
    ["a file that goes", "rm old/file"],
    ["a file that goes and comes back", "rm old/file; echo again > old/file"],
    ["a directory that is made", "mkdir new"],
    ["a chain of directories with a file at its end", "mkdir -p a/b/c/d && touch a/b/c/d/f"],
    ["a directory that is renamed", "mv deep shallow"],
    ["a directory that moves below another", "mv deep old/deep"],
    ["a directory that is renamed and back", "mv deep x; mv x deep; touch deep/er/late"],
    ["a directory that is replaced", "mv deep x; mkdir -p deep/er; touch deep/er/new x/er/new"],
    ["a tree that goes", "rm -rf deep"],
    ["a tree that goes and comes back", "rm -rf deep; mkdir -p deep/er/and/er; touch deep/er/x"],
    ["a tree that is copied", "cp -r deep copy; cp -r deep old/copy"],
    ["a file that becomes a directory", "rm old/file; mkdir old/file; touch old/file/in"],
    ["a directory that becomes a link", "mv deep x; ln -s x deep"],
    ["links, pipes and odd names", "ln -s nowhere l; mkfifo p; touch ' ' '\\\\' '*' -- '-n' 'ü'"],
    ["file names that are not UTF-8", "touch $(printf 'a\\377') deep/$(printf '\\300\\200')"],
    [
      "directory names that are not UTF-8",
      "d=$(printf 'd\\377'); mkdir $d; touch $d/$(printf '\\300\\200')",
    ],
    ["a hard link", "ln old/file old/link"],
    ["a write through a hard link", "echo more >> linked/a"],
    ["a change of mode through a hard link", "chmod 600 linked/a"],
    [
      "a write through a hard link that is new",
      "ln linked/a old/c; sleep 0.2; echo more >> linked/b",
    ],
    ["a write through a moved hard link", "mv linked moved; sleep 0.2; echo more >> moved/a"],
    ["a hard link that goes", "rm linked/a"],
  ])("%s", async (fact, script) => {
    await using folder = await makeFolder();
    await sh(folder.path, "mkdir -p old deep/er/est; echo 1 > old/file; echo 2 > deep/er/est/f");
    await sh(
      folder.path,
      "mkdir linked; echo 3 > linked/a; ln linked/a linked/b; ln linked/a old/l",
    );
    await using watched = await follow(folder.path, await open(folder.path));
    await watched.agrees();
    await sh(folder.path, script);
    await watched.agrees();
    // parcel knows no bytes: such a directory is only looked at every half minute.
    if (watch_backend === "parcel" && fact.startsWith("directory names")) return;
    // What has just been found is watched as well.
    await sh(folder.path, "for d in $(find . -type d -name '[a-z]*'); do touch $d/later; done");
    await watched.agrees();
  });

  it("directories that change places at once", async () => {
    await using folder = await makeFolder();
    await sh(folder.path, "mkdir -p a/x/one b/deep/y/two; touch a/x/one/1 b/deep/y/two/2");
    await using watched = await follow(folder.path, await open(folder.path));
    await watched.agrees();
    exchange(join(folder.path, "a/x"), join(folder.path, "b/deep/y"));
    await watched.agrees();
    await sh(folder.path, "touch a/x/m a/x/two/later b/deep/y/n b/deep/y/one/later");
    await watched.agrees();
  });

  it("follows an archive that is unpacked", async () => {
    await using folder = await makeFolder();
    await using elsewhere = await makeFolder();
    await sh(
      elsewhere.path,
      `for d in $(seq 40); do mkdir -p t/$d/x/y; for f in $(seq 10); do
       echo $f > t/$d/$f; echo $f > t/$d/x/y/$f; done; done; touch -d 2001-01-01 t/1/1 t/2; tar cf t.tar t`,
    );
    await using watched = await follow(folder.path, await open(folder.path));
    await sh(folder.path, `tar xf ${elsewhere.path}/t.tar`);
    await watched.agrees();
    await sh(folder.path, "rm -rf t/3 t/3?; mv t/1 t/3; touch t/3/x/y/z");
    await watched.agrees();
  });

  it("reports a file that is renamed over and then removed", async () => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "old");
    await using watched = await follow(folder.path, await open(folder.path));
    await sh(folder.path, "echo new > .tmp; mv .tmp f; rm f");
    await watched.agrees();
    expect([...watched.model.facts.keys()]).toEqual(["/"]);
  });
});

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
