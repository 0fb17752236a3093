import { chmod, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message, SourceDriver } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { createScope } from "@fustor/schema-fs";
import { collect } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import type { Looker, Sight, SystemPath } from "../src/look.js";
import { NodeLooker } from "../src/node-looker.js";
import { probePaths } from "../src/probe.js";
import { Root } from "../src/root.js";
import { makeFolder, openSource } from "./disk.js";

const signal = new AbortController().signal;

describe("a probe", () => {
  it("tells what is there and what is not, by looks of its own", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "d"));
    await writeFile(join(folder.path, "d/f"), "content");
    const messages = await probe(folder.path, ["/d/f", "/d", "/d/gone", "/gone/a/b", "/"]);
    expect(messages).toHaveLength(1);
    expect(factsOf(messages)).toEqual({
      rows: ["/ d", "/d d", "/d/f f"],
      deletes: ["/d/gone", "/gone", "/gone/a/b"],
      unreadable: [],
    });
    expect(messages[0]).toMatchObject({ kind: "change", source: "sentinel" });
  });

  it("says that nothing is below what is no directory, and what that is", async () => {
    await using folder = await makeFolder();
    await using outside = await makeFolder();
    await writeFile(join(folder.path, "f"), "");
    await writeFile(join(outside.path, "secret"), "");
    await symlink(outside.path, join(folder.path, "link"));
    expect(factsOf(await probe(folder.path, ["/f/below", "/link/secret"]))).toEqual({
      rows: ["/f f", "/link l"],
      deletes: ["/f/below", "/link/secret"],
      unreadable: [],
    });
  });

  it("answers nothing for a path that is none, and for one that is not reported", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "skip"));
    await writeFile(join(folder.path, "skip/f"), "");
    const source = await openSource(folder.path, { exclude: ["skip"] });
    const keys = ["/skip/f", "/skip/gone", "/../etc", "etc", "/a//b"];
    expect(await ask(source, keys)).toEqual([]);
  });

  it("looks at many names in messages of a bounded size", async () => {
    await using folder = await makeFolder();
    const messages = await probe(
      folder.path,
      Array.from({ length: 450 }, (_, n) => `/${String(n)}`),
    );
    expect(messages.map((each) => each.kind === "change" && each.deletes.length)).toEqual([
      200, 200, 50,
    ]);
  });

  it("finds nothing out about names in a directory that cannot be entered or read", async () => {
    const closed = new ScriptedLooker({ "/closed/f": "EACCES", "/stale": "ESTALE" });
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "closed"));
    expect(factsOf(await probeWith(closed, folder.path, ["/closed/f", "/stale/a"]))).toEqual({
      rows: [],
      deletes: [],
      unreadable: ["/ ESTALE", "/closed EACCES"],
    });
  });

  it("believes in no absence that a second look does not find", async () => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "");
    const blinking = new ScriptedLooker({}, { "/f": 1 });
    const facts = factsOf(await probeWith(blinking, folder.path, ["/f"]));
    expect(facts).toMatchObject({ rows: ["/f f"], deletes: [] });
  });

  it("says nothing of what was in a directory that went away meanwhile", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "d"));
    // Present when the first and the second way are looked at, gone when the last one is.
    const leaving = new ScriptedLooker({}, {}, { "/d": 2 });
    expect(await probeWith(leaving, folder.path, ["/d/f"])).toEqual([]);
  });

  it("throws when the root went away while it looked", async () => {
    await using folder = await makeFolder();
    const looker = new ScriptedLooker({});
    const follow = looker.follow.bind(looker);
    let checks = 0;
    looker.follow = (path) => {
      checks += 1;
      // Once when the root is opened, once before the looks.
      return checks <= 2 ? follow(path) : { state: "absent" };
    };
    await expect(probeWith(looker, folder.path, ["/gone"])).rejects.toMatchObject({
      code: "SOURCE_UNAVAILABLE",
    });
  });

  it.skipIf(process.geteuid?.() !== 0)("finds nothing out where it may not read", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "d"));
    // It may be entered, so that each look by itself tells that nothing is there.
    await chmod(join(folder.path, "d"), 0o711);
    await chmod(folder.path, 0o755);
    process.seteuid?.(65_534);
    try {
      expect(factsOf(await probe(folder.path, ["/d/gone"]))).toEqual({
        rows: [],
        deletes: [],
        unreadable: ["/d EACCES"],
      });
    } finally {
      process.seteuid?.(0);
    }
  });

  it("throws when the root is gone or another one", async () => {
    await using folder = await makeFolder();
    const root = join(folder.path, "root");
    await mkdir(root);
    const source = await openSource(root);
    await source.describe(signal);
    await rename(root, `${root}-moved`);
    const askAgain = () => ask(source, ["/f"]);
    await expect(askAgain()).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    await mkdir(root);
    await expect(askAgain()).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE", retryable: true });
  });
});

/** Fails at some names, does not see some the first so many times, or only the first so many. */
class ScriptedLooker extends NodeLooker implements Looker {
  root = "";
  readonly #errnos: Readonly<Record<string, string>>;
  readonly #late: Readonly<Record<string, number>>;
  readonly #leaving: Readonly<Record<string, number>>;
  readonly #looks = new Map<string, number>();

  constructor(
    errnos: Readonly<Record<string, string>>,
    late: Readonly<Record<string, number>> = {},
    leaving: Readonly<Record<string, number>> = {},
  ) {
    super();
    this.#errnos = errnos;
    this.#late = late;
    this.#leaving = leaving;
  }

  override lookAt(path: SystemPath): Sight {
    const relative = String(path).slice(this.root.length);
    const looks = (this.#looks.get(relative) ?? 0) + 1;
    this.#looks.set(relative, looks);
    const errno = this.#errnos[relative];
    if (errno !== undefined) return { state: "unreadable", errno };
    const isLate = looks <= (this.#late[relative] ?? 0);
    const hasLeft = looks > (this.#leaving[relative] ?? Infinity);
    return isLate || hasLeft ? { state: "absent" } : super.lookAt(path);
  }
}

function probeWith(looker: ScriptedLooker, uri: string, paths: readonly string[]) {
  looker.root = uri;
  const scope = createScope({ filePattern: "*", exclude: [] });
  const place = { looker, root: new Root(uri, looker), scope, clock: createSystemClock() };
  return collect(probePaths(place, paths, signal));
}

async function probe(uri: string, paths: readonly string[]): Promise<Message[]> {
  const source = await openSource(uri);
  return ask(source, paths);
}

function ask(source: SourceDriver, paths: readonly string[]): Promise<Message[]> {
  const answers = source.probe?.(paths, signal);
  if (answers === undefined) throw new Error("This source cannot probe.");
  return collect(answers);
}

function factsOf(messages: readonly Message[]) {
  const changes = messages.filter((message) => message.kind === "change");
  return {
    rows: changes
      .flatMap(({ upserts }) => upserts.rows)
      .map(([path, type]) => `${String(path)} ${String(type)}`)
      .sort(),
    deletes: changes.flatMap(({ deletes }) => deletes).sort(),
    unreadable: messages
      .flatMap((message) =>
        message.kind === "unreadable" ? [`${message.scope} ${message.errno}`] : [],
      )
      .sort(),
  };
}
