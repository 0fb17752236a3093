import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "@fustor/core";
import { collect } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { NodeLooker } from "../src/node-looker.js";
import { Root } from "../src/root.js";
import { follow, makeFolder, openSource } from "./disk.js";

const signal = new AbortController().signal;

describe("the root", () => {
  it.each([
    ["does not exist", "none"],
    ["is not a folder", "file"],
    ["does not exist: a part of its path is not a folder", "file/below"],
  ])("is unavailable for now when it %s", async (reason, name) => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "file"), "");
    const source = await openSource(join(folder.path, name));
    const said = source.describe(signal);
    await expect(said).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE", retryable: true });
    await expect(said).rejects.toThrow(`The folder ${join(folder.path, name)} ${reason}.`);
  });

  it("is described by what it is, not by where it is mounted", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a"));
    const before = await (await openSource(join(folder.path, "a"))).describe(signal);
    await rename(join(folder.path, "a"), join(folder.path, "b"));
    const after = await (await openSource(join(folder.path, "b"))).describe(signal);
    expect(after.identity).toBe(before.identity);
    expect(after.facts).toMatchObject({ backend_reason: expect.any(String) as string });
  });

  it("may be reached through a symbolic link", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "real"));
    await symlink("real", join(folder.path, "link"));
    const real = join(folder.path, "real");
    await using watched = await follow(real, await openSource(join(folder.path, "link")));
    await writeFile(join(real, "f"), "");
    await watched.agrees();
  });
});

describe.each(["inotify", "parcel"])("a root that goes away, watched by %s", (watch_backend) => {
  it.each([
    ["is moved", async (root: string) => rename(root, `${root}-moved`)],
    [
      "is replaced",
      async (root: string) => {
        await rename(root, `${root}-moved`);
        await mkdir(root);
      },
    ],
  ])("takes nothing with it when it %s", async (_, act) => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(join(root, "dir"), { recursive: true });
    await writeFile(join(root, "dir/f"), "");
    const source = await openSource(root, { watch_backend });
    await using watched = await follow(root, source);
    const before = watched.model.messages.length;

    await act(root);

    expect(await watched.ended).toMatchObject({ code: "SOURCE_UNAVAILABLE", retryable: true });
    const said = watched.model.messages.slice(before);
    expect(said.slice(-2)).toMatchObject([
      { kind: "lost", scope: "/" },
      { kind: "unreadable", scope: "/" },
    ]);
    expect(deletesIn(said)).toEqual([]);
    await expect(collect(source.snapshot(signal))).rejects.toMatchObject({
      code: "SOURCE_UNAVAILABLE",
    });
  });

  it("is watched again, and looked at as a whole, once the same one is back", async () => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(join(root, "dir"), { recursive: true });
    const source = await openSource(root, { watch_backend });
    const { identity } = await source.describe(signal);
    {
      await using watched = await follow(root, source);
      await rename(root, `${root}-moved`);
      await mkdir(root);
      await writeFile(join(root, "foreign"), "");
      await watched.ended;
      expect(deletesIn(watched.model.messages)).toEqual([]);
    }
    for (const call of [source.describe(signal), source.watch(signal)]) {
      await expect(call).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE", retryable: true });
      await expect(call).rejects.toThrow(`Another folder is at ${root} now: it is `);
      await expect(call).rejects.toThrow(`and ${identity} was reported`);
    }
    await writeFile(join(`${root}-moved`, "dir/made-meanwhile"), "");
    await rename(root, `${root}-foreign`);
    await rename(`${root}-moved`, root);

    await using watched = await follow(root, source);
    await watched.agrees();
    expect([...watched.model.facts.keys()].sort()).toEqual(["/", "/dir", "/dir/made-meanwhile"]);
    await writeFile(join(root, "dir/later"), "");
    await watched.agrees();
  });

  it("may be another one as long as nobody has taken the first", async () => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(root);
    const source = await openSource(root, { watch_backend });
    const first = await source.describe(signal);
    await rename(root, `${root}-empty`);
    await mkdir(join(root, "dir"), { recursive: true });
    await expect(source.describe(signal)).rejects.toThrow("Another folder");
    const { identity } = await source.describe(signal, { anew: true });
    expect(identity).not.toBe(first.identity);
    expect((await source.describe(signal)).identity).toBe(identity);
    await using watched = await follow(root, source);
    await watched.agrees();
  });

  it("is not taken for the one that was made in its place, even with its inode", async () => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(root);
    const source = await openSource(root, { watch_backend });
    await using watched = await follow(root, source);
    await rm(root, { recursive: true });
    await mkdir(root);
    expect(await watched.ended).toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    await expect(source.describe(signal)).rejects.toThrow("Another folder");
  });
});

describe("a look at the root", () => {
  it.each([
    ["another one with its inode", { born: 2n }, "Another folder is at"],
    ["the same one, mounted anew", { device: 2 }, "was mounted anew"],
    ["the same one", {}, undefined],
  ])("finds %s", async (_, change, message) => {
    await using folder = await makeFolder();
    const looker = new NodeLooker();
    const sight = { ...looker.follow(folder.path), device: 1, born: 1n };
    let now = sight;
    looker.follow = () => now;
    const root = new Root(folder.path, looker);
    now = { ...sight, ...change };
    const check = () => {
      root.check();
    };
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });
});

function deletesIn(messages: readonly Message[]): string[] {
  return messages.flatMap((message) => (message.kind === "change" ? message.deletes : []));
}
