import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "@fustor/core";
import { collect } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
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

  it("can be watched again once it is back", async () => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(root);
    const source = await openSource(root, { watch_backend });
    {
      await using watched = await follow(root, source);
      await rm(root, { recursive: true });
      await watched.ended;
    }
    await mkdir(root);
    await using watched = await follow(root, source);
    await writeFile(join(root, "f"), "");
    await watched.agrees();
  });
});

function deletesIn(messages: readonly Message[]): string[] {
  return messages.flatMap((message) => (message.kind === "change" ? message.deletes : []));
}
