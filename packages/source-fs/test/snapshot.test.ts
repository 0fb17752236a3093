import { execFile } from "node:child_process";
import { chmod, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { ListingMessage, Message, ScanRequest, SourceDriver } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { createScope } from "@fustor/schema-fs";
import { collect } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { listDirectory } from "../src/listing.js";
import { NodeLooker } from "../src/node-looker.js";
import { Pace } from "../src/pace.js";
import { Root } from "../src/root.js";
import { differences, makeFolder, Model, openSource, readDisk } from "./disk.js";

const run = promisify(execFile);
const signal = new AbortController().signal;

describe("a listing", () => {
  it("holds nothing of the file system after a look that threw", async () => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "");
    const looker = new NodeLooker();
    let left = 0;
    const open = looker.open.bind(looker);
    looker.open = (path) => {
      const directory = open(path);
      if (directory.state !== "open") return directory;
      directory.look = () => {
        throw new Error("These are no dirents.");
      };
      directory.leave = () => {
        left += 1;
      };
      return directory;
    };
    const clock = createSystemClock();
    const scope = createScope({ filePattern: "*", exclude: [] });
    const place = { looker, root: new Root(folder.path, looker), scope, clock };
    const options = { source: "snapshot", pace: new Pace(clock) } as const;
    await expect(collect(listDirectory(place, "/", options))).rejects.toThrow("no dirents");
    expect(left).toBe(1);
  });
});

describe("a snapshot", () => {
  it("shows what is on the disk", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "mkdir -p a/b/c d; echo 1 > a/b/f; ln -s a l; mkfifo p"], {
      cwd: folder.path,
    });
    const source = await openSource(folder.path);
    const model = new Model();
    const messages = await collect(source.snapshot(signal));
    messages.forEach((message) => {
      model.add(message);
    });
    expect(differences(model.facts, readDisk(folder.path))).toEqual([]);
    expect(messages.at(-1)).toMatchObject({ totals: { scopes: 5, rows: 7, unreadable: 0 } });
  });

  it("says how far it is, and afterwards, whatever was scanned since, how much there was", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a", "b"), { recursive: true });
    const source = await openSource(folder.path);
    expect(source.status?.()).not.toHaveProperty("walkDirectories");
    const seen: unknown[] = [];
    for await (const { kind } of source.snapshot(signal)) {
      seen.push([kind, source.status?.()["walkDirectories"]]);
    }
    expect(seen).toContainEqual(["listing", 2]);
    if (source.scan === undefined) throw new Error("The source cannot scan.");
    await collect(source.scan({ scope: "/a", recursive: false }, signal));
    expect(source.status?.()).toMatchObject({ lastWalk: "snapshot", lastWalkDirectories: 3 });
    expect(source.status?.()).not.toHaveProperty("walkDirectories");
  });

  it("does not follow a symbolic link out of the root", async () => {
    await using folder = await makeFolder();
    await using outside = await makeFolder();
    await writeFile(join(outside.path, "secret"), "");
    await symlink(outside.path, join(folder.path, "link"));
    const listings = await listingsOf(await openSource(folder.path));
    expect(new Set(listings.map(({ scope }) => scope))).toEqual(new Set(["/"]));
    expect(listings[0]?.entries.rows[0]?.slice(0, 2)).toEqual(["link", "l"]);
  });

  it("calls a directory complete once nothing in it has changed for a while", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "fresh"));
    const visits = await listingsOf(await openSource(folder.path), "/fresh");
    expect(visits.at(-1)).toMatchObject({ complete: true });
    await pause(60);
    expect(await listingsOf(await openSource(folder.path), "/fresh")).toMatchObject([
      { complete: true },
    ]);
  });

  it("calls a directory with a date in the future complete when it stands still", async () => {
    await using folder = await makeFolder();
    await run("touch", ["-d", "2099-01-01", folder.path]);
    const visits = await listingsOf(await openSource(folder.path));
    expect(visits.map(({ complete }) => complete)).toEqual([false, true]);
  });

  it("does not call a directory complete that changes while it is read", async () => {
    await using folder = await makeFolder();
    for (let i = 0; i < 10_001; i += 1) await writeFile(join(folder.path, String(i)), "");
    await pause(60);
    const source = await openSource(folder.path);
    const visits: ListingMessage[] = [];
    for await (const message of source.snapshot(signal)) {
      if (message.kind !== "listing") continue;
      visits.push(message);
      if (visits.length === 1) await writeFile(join(folder.path, "late"), "");
    }
    expect(visits.slice(0, 2)).toMatchObject([
      { part: 0, last: false },
      { part: 1, last: true, complete: false },
    ]);
    expect(visits.at(-1)).toMatchObject({ part: 1, last: true, complete: true });
  });

  it("sends a large directory in parts", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "seq 25000 | xargs touch"], { cwd: folder.path });
    await pause(60);
    const parts = await listingsOf(await openSource(folder.path));
    expect(parts).toMatchObject([
      { part: 0, last: false, complete: true },
      { part: 1, last: false, complete: true },
      { part: 2, last: true, complete: true },
    ]);
    expect(parts.map(({ entries }) => entries.rows.length)).toEqual([10_000, 10_000, 5_000]);
  });

  it("says of a directory that may not be read that it is unreadable", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "locked"), { mode: 0o700 });
    await chmod(folder.path, 0o755);
    const source = await openSource(folder.path);
    const messages = await asNobody(() => collect(source.snapshot(signal)));
    expect(messages).toContainEqual(
      expect.objectContaining({ kind: "unreadable", scope: "/locked", errno: "EACCES" }),
    );
    expect(listingsIn(messages).map(({ scope }) => scope)).not.toContain("/locked");
  });

  it("says of a path that is too long for the system that it is unreadable", async () => {
    await using folder = await makeFolder();
    // Made in halves, and put together afterwards: the whole has no name that mkdir would take.
    const half = `/${"n".repeat(250)}`.repeat(9);
    await mkdir(join(folder.path, "a", half), { recursive: true });
    await mkdir(join(folder.path, "b", half), { recursive: true });
    await rename(join(folder.path, "b"), join(folder.path, "a", half, "b"));
    const messages = await collect((await openSource(folder.path)).snapshot(signal));
    expect(messages).toContainEqual(
      expect.objectContaining({ kind: "unreadable", errno: "ENAMETOOLONG" }),
    );
    await run("rm", ["-rf", join(folder.path, "a")]);
  });

  it("does not enter another device", async () => {
    const source = await openSource("/");
    const messages = await collect(scan(source, { scope: "/", recursive: false }));
    expect(messages).toContainEqual(
      expect.objectContaining({ kind: "unreadable", scope: "/proc", errno: "EXDEV" }),
    );
    const names = listingsIn(messages).flatMap(({ entries }) => entries.rows.map(([name]) => name));
    expect(names).toContain("proc");
  });

  it("says nothing of names that another device hides", async () => {
    const source = await openSource("/");
    const messages = await collect(scan(source, { scope: "/proc/nobody/x", recursive: false }));
    expect(messages.filter(({ kind }) => kind !== "mark")).toEqual([
      expect.objectContaining({ kind: "unreadable", scope: "/proc", errno: "EXDEV" }),
    ]);
  });

  it("gives way to others while it walks many small directories", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "seq 3000 | xargs mkdir"], { cwd: folder.path });
    const source = await openSource(folder.path);
    let turns = 0;
    const turn = () => {
      turns += 1;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await collect(source.snapshot(signal));
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(1);
  });
});

describe("a scan", () => {
  it("lists one directory only, unless told to go on", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a/b/c"), { recursive: true });
    const source = await openSource(folder.path);
    const scopes = async (recursive: boolean) => {
      const messages = await collect(scan(source, { scope: "/a", recursive }));
      return [...new Set(listingsIn(messages).map(({ scope }) => scope))];
    };
    expect(await scopes(false)).toEqual(["/a"]);
    expect(await scopes(true)).toEqual(["/a", "/a/b", "/a/b/c"]);
  });

  it.each([
    ["sends the row of a file", "/f", ["/f"], []],
    ["tells that a name is gone", "/none", [], ["/none"]],
    ["tells where a path ends", "/none/below/it", [], ["/none"]],
    ["does not look through a symbolic link", "/l/f", ["/l"], []],
    ["says nothing of what is not reported", "/x/f", [], []],
    ["says nothing of what is no path", "../f", [], []],
  ])("%s", async (_, scope, upserts, deletes) => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "");
    await symlink(".", join(folder.path, "l"));
    const source = await openSource(folder.path, { exclude: ["x"] });
    const messages = await collect(scan(source, { scope, recursive: true }));
    const changes = messages.filter((message) => message.kind === "change");
    expect(changes.flatMap((change) => change.upserts.rows.map(([path]) => path))).toEqual(upserts);
    expect(changes.flatMap((change) => change.deletes)).toEqual(deletes);
  });
});

function scan(source: SourceDriver, request: ScanRequest): AsyncIterable<Message> {
  if (source.scan === undefined) throw new Error("The source cannot scan.");
  return source.scan(request, signal);
}

async function listingsOf(source: SourceDriver, scope?: string): Promise<ListingMessage[]> {
  const listings = listingsIn(await collect(source.snapshot(signal)));
  return scope === undefined ? listings : listings.filter((listing) => listing.scope === scope);
}

function listingsIn(messages: readonly Message[]): ListingMessage[] {
  return messages.filter((message) => message.kind === "listing");
}

/** Root may read everything; whoever runs the tests as root has to step down for a moment. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) {
    return work();
  }
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
