import { execFile } from "node:child_process";
import { existsSync, linkSync, mkdirSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { chmod, link, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../support/folders.js";
import { startPair } from "../support/pair.js";
import { CLI } from "../support/processes.js";
import { fillWithSamples } from "../support/sample-tree.js";

const exec = promisify(execFile);
const SEED = 20_260_131;
const QUERIES = 50;
const FILES = 100_000;
/** On a machine that has much else to do; by itself it takes half a minute. */
const WITHIN_MS = 300_000;
const MEMORY = existsSync("/dev/shm") ? { parent: "/dev/shm" } : {};
const DAY_S = 86_400;

describe("fustor find and du", () => {
  it(
    "say what GNU find and du say of the same tree",
    async () => {
      const dir = await makeFolder("tree", MEMORY);
      const chance = createChance(SEED);
      await fillWithSamples(dir);
      const folders = ["oddities", "project-0", ...(await fillAtRandom(dir, chance))];
      folders.push(...fillInBulk(dir, chance));
      const pair = await startPair({ dir });
      const { fusion } = pair;
      await pair.equal(120_000);
      const asked = ["--endpoint", fusion.endpoint, "--key", fusion.key];
      const ours = (command: string, args: readonly string[]) =>
        run(process.execPath, [CLI.fustor, command, ...asked, ...args], dir);

      for (let query = 0; query < QUERIES; query += 1) {
        // Every fourth of the whole tree: it takes a second of the processor.
        const start = query % 4 === 0 ? "." : chance.pick(folders);
        if (query % 5 === 4) {
          for (const [size = "", path = ""] of rows(await ours("du", ["-0", "-d", "1", start]))) {
            expect.soft([[size, path]]).toEqual(rows(await run("du", ["-0", "-s", path], dir)));
          }
          continue;
        }
        const args = [start, ...expression(chance), ...action(chance)];
        const expected = lines(await run("find", args, dir));
        expect.soft(lines(await ours("find", args)), args.join(" ")).toEqual(expected);
      }
      const all = [".", "-printf", String.raw`%p %P %f %s %y %T@ %m %U %G %i %n %b %k\0`];
      const expected = lines(await run("find", all, dir));
      expect(expected.length).toBeGreaterThan(FILES);
      // Compared as one text: of a failing comparison of so many nobody could read the parts.
      expect(lines(await ours("find", all)).join("\n") === expected.join("\n")).toBe(true);

      const report = JSON.parse(await ours("verify", ["--json", dir])) as Record<string, unknown>;
      expect(report).toMatchObject({ equal: expected.length, precision: 1, first: [] });
    },
    WITHIN_MS,
  );
});

/** Some thousand files of all sizes and ages, hard links across folders, and symbolic links. */
async function fillAtRandom(dir: string, chance: Chance): Promise<string[]> {
  const folders: string[] = [];
  const files: string[] = [];
  const now = Math.floor(Date.now() / 1_000);
  for (let index = 0; index < 40; index += 1) {
    const parent = index < 6 ? "" : chance.pick(folders);
    const folder = join(parent, `${chance.pick(["dir", "Data", "ünder"])}-${String(index)}`);
    await mkdir(join(dir, folder));
    folders.push(folder);
    for (let number = chance.below(120); number > 0; number -= 1) {
      const ending = chance.pick(["log", "RAW", "txt", "tar.gz", "数据"]);
      const file = join(folder, `${chance.pick(["a", "B", "run"])}-${String(number)}.${ending}`);
      await writeFile(join(dir, file), "x".repeat(chance.pick([0, 1, 511, 513, 5_000, 70_000])));
      const mtime = now - (chance.below(60) + 0.5) * DAY_S;
      await chmod(join(dir, file), chance.pick([0o644, 0o600, 0o755, 0o4711]));
      await utimes(join(dir, file), mtime, mtime);
      files.push(file);
    }
  }
  for (let index = 0; index < 150; index += 1) {
    const [from, to] = [chance.pick(files), join(chance.pick(folders), `link-${String(index)}`)];
    if (index % 3 === 0) await symlink(from, join(dir, to));
    else await link(join(dir, from), join(dir, to));
  }
  return folders;
}

/** As many files as it takes, in folders of a thousand, every tenth with a second name. */
function fillInBulk(dir: string, chance: Chance): string[] {
  const now = Math.floor(Date.now() / 1_000);
  const folders: string[] = [];
  for (let index = 0; index < FILES; index += 1) {
    if (index % 1_000 === 0) {
      folders.push(join("bulk", String(index % 7), `part-${String(index / 1_000)}`));
      mkdirSync(join(dir, folders.at(-1) ?? ""), { recursive: true });
    }
    const folder = join(dir, folders.at(-1) ?? "");
    const file = join(folder, `f${String(index)}.${index % 3 === 0 ? "log" : "dat"}`);
    if (index % 10 === 9) {
      linkSync(
        join(folder, `f${String(index - 1)}.${(index - 1) % 3 === 0 ? "log" : "dat"}`),
        file,
      );
      continue;
    }
    writeFileSync(file, "");
    if (index % 4 === 0) truncateSync(file, chance.below(2_000_000));
    const mtime = now - (chance.below(90) + 0.5) * (index % 2 === 0 ? DAY_S : 60);
    utimesSync(file, mtime, mtime);
  }
  return folders.slice(0, 5);
}

/** Some tests, or two lots of them of which one is enough, or all but some. */
function expression(chance: Chance): string[] {
  const depth = chance.pick([
    [],
    [],
    ["-maxdepth", String(chance.below(4))],
    ["-mindepth", String(chance.below(3))],
  ]);
  const either = ["(", ...tests(chance), "-o", ...tests(chance), ")"];
  const pruned = ["-name", chance.pick(["bulk", "p*", "d*"]), "-prune", "-o"];
  return [
    ...depth,
    ...chance.pick([
      tests(chance),
      tests(chance),
      either,
      ["!", ...either],
      [...tests(chance), "-a", ...either],
      [...pruned, ...tests(chance)],
    ]),
  ];
}

function tests(chance: Chance): string[] {
  const makers: readonly (() => string[])[] = [
    () => ["-name", chance.pick(["*.log", "a-*", "*[0-3].*", "run-?.txt", "*", "*.[!lR]*"])],
    () => ["-iname", chance.pick(["*.raw", "DATA*", "b-1*"])],
    () => ["-path", chance.pick(["*/D*/*", "*1*.txt", "./*", "*oddities/*"])],
    () => ["-type", chance.pick(["f", "d", "l", "f,l", "p,d"])],
    () => ["-size", chance.pick(["+1", "-2", "2", "0", "+4k", "-1M", "1c", "511c", "+600c"])],
    () => ["-mmin", chance.pick(["+10", "-20", "7", "+0", "-1", "30"])],
    () => ["-perm", chance.pick(["644", "-111", "/4000", "0600", "/022"])],
    () => ["-links", chance.pick(["1", "+1", "2", "-2"])],
    () => [chance.pick(["-user", "-group", "-uid", "-gid"]), chance.pick(["0", "1000"])],
    () => ["-mtime", chance.pick(["+10", "-20", "7", "+0", "-1", "30"])],
    () => ["-newermt", chance.pick(["2001-01-01", "@1", "2090-01-01 10:00:00", "@-1"])],
    () => ["-empty"],
    () => ["!", "-empty"],
    () => ["!", "-type", "f"],
  ];
  const chosen = Array.from({ length: 1 + chance.below(2) }, () => chance.pick(makers)());
  return chosen.flat();
}

function action(chance: Chance): string[] {
  return chance.pick([
    ["-print0"],
    ["-printf", String.raw`%p\0`],
    ["-printf", String.raw`%f\t%P %s %y %m\0`],
    ["-printf", String.raw`%T@ %i %n %b %k %U:%G %p\0`],
  ]);
}

/** What a program prints, each byte as one character. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, LC_ALL: "C.UTF-8", FUSTOR_KEY: "", FUSTOR_ENDPOINT: "" };
  const options = { cwd, env, encoding: "latin1", maxBuffer: 64 << 20 } as const;
  return (await exec(program, args, options)).stdout;
}

function lines(text: string): string[] {
  expect(text === "" || text.endsWith("\0")).toBe(true);
  return text.split("\0").slice(0, -1).sort();
}

/** Sizes and paths, these as the command line takes them. */
function rows(text: string): string[][] {
  return lines(text).map((line) => Buffer.from(line, "latin1").toString().split("\t"));
}

type Chance = ReturnType<typeof createChance>;

/** The same numbers for the same seed (a linear congruence of Numerical Recipes). */
function createChance(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return {
    below,
    pick: <Item>(items: readonly Item[]): Item => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}
