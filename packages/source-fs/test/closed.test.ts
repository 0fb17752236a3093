import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { Closed } from "../src/watch/closed.js";
import { differences, follow, makeFolder, openSource, readDisk, type Watched } from "./disk.js";

const NOBODY = 65_534;

describe.skipIf(process.geteuid?.() !== 0).each(["inotify", "parcel"] as const)(
  "a directory that cannot be read for a while, watched by %s,",
  (watch_backend) => {
    it("is listed again with all below once it can be read", async () => {
      await using tree = await makeTree();
      await using nobody = beNobody();
      await using watched = await follow(tree.path, await openSource(tree.path, { watch_backend }));
      nobody.letRoot(() => {
        chmodSync(join(tree.path, "sub"), 0o700);
        writeFileSync(join(tree.path, "sub/new"), "");
        rmSync(join(tree.path, "sub/z"));
        writeFileSync(join(tree.path, "sub/deep/new"), "");
      });
      await until(() => unreadableScopes(watched).includes("/sub"));
      await until(() => Number(watched.source.status?.()["unreadable"]) > 0);
      nobody.letRoot(() => {
        chmodSync(join(tree.path, "sub"), 0o755);
      });
      await agrees(watched, tree.path, nobody);
      expect(watched.model.facts.has("/sub/new")).toBe(true);
      await until(() => watched.source.status?.()["unreadable"] === 0);
      expect(strangersIn(unreadableScopes(watched))).toEqual([]);
    });

    it("keeps nothing else from being watched", async () => {
      await using tree = await makeTree();
      chmodSync(join(tree.path, "sub"), 0o700);
      await using nobody = beNobody();
      await using watched = await follow(tree.path, await openSource(tree.path, { watch_backend }));
      nobody.letRoot(() => {
        writeFileSync(join(tree.path, "beside"), "");
        writeFileSync(join(tree.path, "ok/new"), "");
      });
      await until(() => ["/beside", "/ok/new"].every((path) => watched.model.facts.has(path)));
      await until(() => watched.source.status?.()["dirtyDirectories"] === 0);
      expect(watched.source.status?.()).toMatchObject({ unwatched: 0, unreadable: 1 });
      nobody.letRoot(() => {
        renameSync(join(tree.path, "sub"), join(tree.path, "other"));
      });
      await until(() => !watched.model.facts.has("/sub"), { ceilingMs: 15_000 });
      nobody.letRoot(() => {
        chmodSync(join(tree.path, "other"), 0o755);
      });
      await agrees(watched, tree.path, nobody);
      nobody.letRoot(() => {
        renameSync(join(tree.path, "other"), join(tree.path, "sub"));
      });
      await agrees(watched, tree.path, nobody);
      expect(watched.model.messages.filter(({ kind }) => kind === "lost")).toEqual([]);
    });

    it("is listed again when it is the root", async () => {
      await using tree = await makeTree();
      await using nobody = beNobody();
      await using watched = await follow(tree.path, await openSource(tree.path, { watch_backend }));
      nobody.letRoot(() => {
        chmodSync(tree.path, 0o700);
        writeFileSync(join(tree.path, "ok/new"), "");
      });
      await until(() => unreadableScopes(watched).includes("/"));
      await until(() => Number(watched.source.status?.()["unreadable"]) > 0);
      nobody.letRoot(() => {
        chmodSync(tree.path, 0o755);
      });
      await agrees(watched, tree.path, nobody);
      await until(() => watched.source.status?.()["unreadable"] === 0);
    });

    it("is listed when the first walk could not read it", async () => {
      await using tree = await makeTree();
      chmodSync(join(tree.path, "sub"), 0o700);
      await using nobody = beNobody();
      await using watched = await follow(tree.path, await openSource(tree.path, { watch_backend }));
      expect(watched.model.facts.has("/sub/z")).toBe(false);
      nobody.letRoot(() => {
        chmodSync(join(tree.path, "sub"), 0o755);
      });
      await agrees(watched, tree.path, nobody);
      nobody.letRoot(() => {
        writeFileSync(join(tree.path, "sub/deep/late"), "");
      });
      await agrees(watched, tree.path, nobody);
    });
  },
);

describe.skipIf(process.geteuid?.() !== 0)("names that cannot be looked at", () => {
  it.each(["snapshot", "scan"] as const)(
    "make their directory unreadable, and none of themselves, in a %s",
    async (walk) => {
      await using tree = await makeTree();
      const source = await openSource(tree.path);
      await source.describe(new AbortController().signal);
      await using nobody = beNobody();
      nobody.letRoot(() => {
        chmodSync(join(tree.path, "sub"), 0o744);
      });
      const { signal } = new AbortController();
      const messages =
        walk === "scan"
          ? source.scan?.({ scope: "/sub/z", recursive: true }, signal)
          : source.snapshot(signal);
      if (messages === undefined) throw new Error("It cannot scan.");
      const scopes: string[] = [];
      for await (const message of messages) {
        if (message.kind === "unreadable") scopes.push(message.scope);
      }
      expect(scopes).toEqual(["/sub"]);
    },
  );
});

describe("directories that cannot be read", () => {
  it("are tried with growing pauses, without end", () => {
    const closed = new Closed();
    closed.add("/a", 0);
    const times: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const at = closed.nextAt() ?? Infinity;
      expect(closed.take(at - 1)).toBeUndefined();
      expect(closed.take(at)).toBe("/a");
      times.push(at);
    }
    expect(times).toEqual([1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
    closed.delete("/a");
    expect([closed.size, closed.nextAt()]).toEqual([0, undefined]);
  });

  it("are tried soon when they or a directory above them changed", () => {
    const closed = new Closed();
    for (const directory of ["/a/b", "/a", "/ab", "/c"]) closed.add(directory, 0);
    closed.hasten(new Set(["/a"]), 500);
    expect([closed.take(500), closed.take(500), closed.take(500)]).toEqual([
      "/a/b",
      "/a",
      undefined,
    ]);
    closed.hasten(new Set(["/"]), 800);
    expect(closed.nextAt()).toBe(800);
    closed.add("/a", 900);
    expect(closed.size).toBe(4);
  });

  it("are not tried all the time, however often they change", () => {
    const closed = new Closed();
    closed.add("/a", 0);
    closed.hasten(new Set(["/a"]), 10);
    expect(closed.nextAt()).toBe(250);
  });

  it("are kept up to a number", () => {
    const closed = new Closed();
    for (let i = 0; i < 10_001; i += 1) closed.add(`/${String(i)}`, 0);
    expect(closed.size).toBe(10_000);
  });
});

async function makeTree(): ReturnType<typeof makeFolder> {
  const folder = await makeFolder();
  chmodSync(folder.path, 0o755);
  mkdirSync(join(folder.path, "sub/deep"), { recursive: true });
  mkdirSync(join(folder.path, "ok"));
  for (const file of ["ok/y", "sub/z", "sub/deep/x"]) writeFileSync(join(folder.path, file), "");
  return folder;
}

/** Gives up root's rights until it is disposed of. */
function beNobody(): { letRoot<T>(work: () => T): T; [Symbol.asyncDispose](): Promise<void> } {
  process.seteuid?.(NOBODY);
  return {
    letRoot: (work) => {
      process.seteuid?.(0);
      try {
        return work();
      } finally {
        process.seteuid?.(NOBODY);
      }
    },
    [Symbol.asyncDispose]: async () => {
      process.seteuid?.(0);
    },
  };
}

async function agrees(
  { model }: Watched,
  path: string,
  nobody: ReturnType<typeof beNobody>,
): Promise<void> {
  const left = () =>
    differences(
      model.facts,
      nobody.letRoot(() => readDisk(path)),
    );
  await until(() => left().length === 0, { ceilingMs: 15_000 }).catch(() => {
    throw new Error(left().join("\n"));
  });
}

function unreadableScopes({ model }: Watched): string[] {
  return model.messages.flatMap((m) => (m.kind === "unreadable" ? [m.scope] : []));
}

/** Those scopes that are no directories of the tree. */
function strangersIn(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !["/", "/ok", "/sub", "/sub/deep"].includes(scope));
}
