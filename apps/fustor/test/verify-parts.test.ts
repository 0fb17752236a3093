import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeName } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { compare, type Finding, type InView } from "../src/verify/compare.js";
import { walkDisk, type OnDisk } from "../src/verify/disk.js";
import type { Facts } from "../src/verify/facts.js";
import { Tally } from "../src/verify/tally.js";
import { createFolder } from "./folder.js";

const FILE: Facts = { type: "f", size: 1, mtime_ns: "5", mode: 0o644, uid: 0, gid: 0 };
const DIRECTORY: Facts = { ...FILE, type: "d", size: 4096 };

function facts(path: string): Facts {
  return path.endsWith("/") ? DIRECTORY : FILE;
}

/** Paths in the order of a walk; directories end in a slash, closed ones in two. */
async function* disk(...paths: readonly string[]): AsyncGenerator<OnDisk> {
  for (const path of paths) {
    yield { path: bare(path), facts: facts(path), isClosed: path.endsWith("//") };
  }
}

async function* view(...paths: readonly string[]): AsyncGenerator<InView> {
  for (const path of paths) yield { path: bare(path), facts: facts(path) };
}

function bare(path: string): string {
  return path.replace(/(?!^)\/+$/, "");
}

async function tell(onDisk: AsyncGenerator<OnDisk>, inView: AsyncGenerator<InView>) {
  const told: string[] = [];
  for await (const { kind, path } of compare(onDisk, inView)) told.push(`${kind} ${path}`);
  return told;
}

describe("holding a disk against a view", () => {
  it("tells of every name once, also where only one side has it", async () => {
    const told = await tell(
      disk("/", "/a/", "/a/x", "/a!", "/b/", "/b/only here"),
      view("/", "/a/", "/a/old", "/a/x", "/b/", "/gone/", "/gone/x"),
    );
    expect(told).toEqual([
      "equal /",
      "equal /a",
      "extra /a/old",
      "equal /a/x",
      "missing /a!",
      "equal /b",
      "missing /b/only here",
      "extra /gone",
      "extra /gone/x",
    ]);
  });

  it("says nothing of what is in a directory that cannot be read", async () => {
    const told = await tell(disk("/", "/a//", "/b"), view("/", "/a/", "/a/x", "/a/y", "/b"));
    expect(told).toEqual(["equal /", "closed /a", "equal /a", "equal /b"]);
  });

  it("tells a file from a directory of that name", async () => {
    expect(await tell(disk("/", "/a"), view("/", "/a/", "/a/x"))).toEqual([
      "equal /",
      "differing /a",
      "extra /a/x",
    ]);
  });
});

describe("walking a disk", () => {
  it("goes by the bytes of the names, a directory before what is in it", async () => {
    const dir = await createFolder();
    await mkdir(join(dir, "a", "deep"), { recursive: true });
    for (const name of ["a/x", "a/deep/y", "a!", "é", "z"]) await writeFile(join(dir, name), "");
    await writeFile(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff])]), "odd");
    await symlink("nowhere", join(dir, "link"));
    const seen: OnDisk[] = [];
    for await (const each of walkDisk(Buffer.from(dir))) seen.push(each);
    expect(seen.map(({ path }) => path)).toEqual([
      "/",
      "/a",
      "/a/deep",
      "/a/deep/y",
      "/a/x",
      "/a!",
      "/link",
      "/z",
      "/é",
      `/${decodeName(Buffer.from([0xff]))}`,
    ]);
    expect(seen.find(({ path }) => path === "/link")?.facts.type).toBe("l");
  });

  it("takes a directory whose names have no path for closed, and goes on", async () => {
    const dir = await createFolder();
    // 200 bytes a level, made one by one from within, as no path reaches the last ones.
    const script = `for (let i = 0; i < 25; i += 1) {
      const name = "d".repeat(199);
      fs.mkdirSync(name);
      process.chdir(name);
    }`;
    execFileSync(process.execPath, ["-e", script], { cwd: dir });
    await writeFile(join(dir, "z"), "");
    const seen: OnDisk[] = [];
    for await (const each of walkDisk(Buffer.from(dir))) seen.push(each);
    expect(seen.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    expect(seen.at(-1)?.path).toBe("/z");
    execFileSync("rm", ["-r", dir]);
  });

  it("knows times to the nanosecond, and modes without the type", async () => {
    const dir = await createFolder();
    const file = join(dir, "f");
    await writeFile(file, "12345");
    await chmod(file, 0o640);
    await utimes(file, 1, 1_700_000_000);
    const seen: OnDisk[] = [];
    for await (const each of walkDisk(Buffer.from(dir))) seen.push(each);
    expect(seen[1]?.facts).toMatchObject({
      type: "f",
      size: 5,
      mtime_ns: "1700000000000000000",
      mode: 0o640,
    });
  });
});

describe("a tally", () => {
  const missing = (path: string): Finding => ({ kind: "missing", path, disk: FILE });

  it("takes what settled for equal, and what changes for neither", () => {
    const tally = new Tally();
    tally.add({ kind: "equal", path: "/" });
    for (const path of ["/a", "/b", "/c"]) tally.add(missing(path));
    tally.replace(["settled", "changing", { kind: "extra", path: "/c", view: FILE }]);
    expect(tally.counts()).toMatchObject({ equal: 2, missing: 0, extra: 1, changing: 1 });
    expect(tally.counts().precision).toBeCloseTo(2 / 3);
    expect(tally.open).toHaveLength(2);
    tally.replace([{ kind: "missing", path: "/b", disk: FILE }, "settled"]);
    expect(tally.counts()).toMatchObject({ equal: 3, missing: 1, extra: 0, changing: 0 });
  });

  it("counts without keeping when there is too much", () => {
    const tally = new Tally();
    for (let index = 0; index < 10_005; index += 1) tally.add(missing(`/${String(index)}`));
    expect(tally.open).toHaveLength(10_000);
    tally.replace(tally.open.map(() => "settled"));
    expect(tally.counts()).toMatchObject({ equal: 10_000, missing: 5 });
  });
});
