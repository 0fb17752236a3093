import type { FsView, OnFsChange } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { ChangeFeed, FEED_LIMITS } from "../src/feed/change-feed.js";
import { Part } from "../src/part/part.js";
import { PartFeed } from "../src/part/part-feed.js";
import { Seal } from "../src/part/seal.js";
import { change, createWorld, openV2, push, snapshot, type World } from "./support.js";

const MINE = {
  "/mine": ["a/", "b", "plan.txt"],
  "/mine/a": ["deep/", "x.log", "y.log"],
  "/mine/a/deep": ["z.log"],
};

/** Two worlds that differ in everything beyond `/mine`, as one reader of `/mine` meets them. */
async function createTwins(): Promise<readonly World[]> {
  const poor = await createWorld();
  await snapshot(poor, await openV2(poor), { "/": ["mine/"], ...MINE });
  const rich = await createWorld();
  const session = await openV2(rich);
  await snapshot(rich, session, {
    // First, for the numbers that the files are given go by their place.
    "/": ["mine/", "secret/", "minez", "x.log"],
    "/secret": ["plan.txt", "x.log", "y.log", "dir/"],
    "/secret/dir": ["z.log"],
    ...MINE,
  });
  const at = rich.clock.now();
  await push(rich, session, "realtime", 1, [
    change("/secret/new.log", at),
    change("/secret/x.log", at, { isDelete: true }),
    {
      kind: "lost",
      message_source: "realtime",
      started_at: at,
      ended_at: at,
      scope: "/secret/dir",
      reason: "overflow",
    },
    {
      kind: "unreadable",
      message_source: "realtime",
      started_at: at,
      ended_at: at,
      scope: "/secret",
      errno: "EACCES",
    },
  ]);
  return [poor, rich];
}

const V = "/api/v1/views/default";
const b64 = (path: string): string => encodeURIComponent(Buffer.from(path).toString("base64"));

/** Every place that a reader may name: its own, what is not there, and what is not theirs. */
const PLACES = [
  "",
  "path=/mine",
  "path=/mine/a",
  "path=/mine/a/x.log",
  "path=/mine/none",
  "path=/",
  "path=/secret",
  "path=/secret/plan.txt",
  "path=/secret/dir",
  "path=/none",
  "path=/minez",
  "path=/min",
  "path=mine/../secret",
  "path=/mine/../secret",
  "path=//secret",
  `path_b64=${b64("/secret")}`,
  `path_b64=${b64("/mine")}`,
  `path_b64=${b64("/mine/\xff")}`,
];

const BY_PATH = ["tree", "metadata", "entries", "entry", "explain", "usage", "coverage", "changes"];

const ELSEWHERE = [
  "/api/v1/views",
  `${V}/search?pattern=log`,
  `${V}/search?pattern=`,
  `${V}/search?pattern=secret`,
  `${V}/stats`,
  `${V}/suspect-list`,
  `${V}/blind-spots`,
  `${V}/sessions`,
  `${V}/holds`,
  `${V}/scans`,
  `${V}/entries?regex=secret`,
  `${V}/entries?regex=%5E/`,
  `${V}/entries?glob=**/*.log&sort=size&order=desc&limit=2`,
  `${V}/entries?sort=name&fields=path,ino,nlink,doubted,held,blind_spot`,
  `${V}/entries?suspect=true`,
  `${V}/tree?max_depth=1&limit=2`,
  `${V}/tree?limit=3`,
  `${V}/tree?force_real_time=true`,
  `${V}/tree?path=/secret&force_real_time=true`,
  `${V}/tree?path=/secret&dry_run=true`,
  `${V}/usage?depth=3&top=1`,
  `${V}/changes?since=00000000-0000-0000-0000-000000000000.5`,
  `${V}/changes?since=part.AAAA`,
  `${V}/entries?cursor=WyJ4Il0`,
  "/api/v1/views/other/tree",
];

/** What is another one in every life of a Fusion, and says nothing. */
function withoutChance(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID")
    .replace(/part\.[A-Za-z0-9_-]{20,}/g, "SEALED")
    .replace(/The key [0-9a-f]{12}/g, "The key ID");
}

async function answers(world: World, key: string, urls: readonly string[]): Promise<string[]> {
  const told: string[] = [];
  for (const url of urls) {
    const { status, text, headers } = await world.call("GET", url, undefined, { key });
    const revision = JSON.stringify(headers["x-fustor-revision"] ?? null);
    told.push(`${url} ${String(status)} ${revision} ${withoutChance(text)}`);
  }
  return told;
}

describe("a key for a part of a view", () => {
  const urls = [
    ...BY_PATH.flatMap((call) => PLACES.map((place) => `${V}/${call}?${place}`)),
    ...ELSEWHERE,
  ];

  it(
    "gets the same answers to everything, whatever stands elsewhere",
    { timeout: 60_000 },
    async () => {
      const [poor, rich] = await createTwins();
      if (poor === undefined || rich === undefined) throw new Error("no twins");
      const told = await answers(poor, await poor.keyFor("query:default/mine"), urls);
      expect(await answers(rich, await rich.keyFor("query:default/mine"), urls)).toEqual(told);
      // It is told something, and nothing of what it did not name itself.
      expect(told.join("\n")).toContain("/mine/a/deep/z.log");
      const secret = told.filter((line) => line.slice(line.indexOf(" ")).includes("secret"));
      expect(secret.filter((line) => !/ 400 .*(?:\.\.\/|\/)secret/.test(line))).toEqual([]);
      // Who may read all is told the difference: the twins do differ.
      const all = await answers(poor, poor.admin, ELSEWHERE);
      expect(await answers(rich, rich.admin, ELSEWHERE)).not.toEqual(all);
    },
  );

  it("answers 404 alike for what is not there and for what is not its own", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine");
    for (const call of ["tree", "metadata", "entries", "entry", "usage", "coverage"]) {
      const ask = async (path: string) => {
        const reply = await rich.call("GET", `${V}/${call}?path=${path}`, undefined, { key });
        return `${String(reply.status)} ${reply.text}`;
      };
      const notThere = await ask("/mine/none");
      expect(notThere).toMatch(/^404 /);
      for (const path of ["/secret", "/secret/none", "/none", "/"]) {
        expect(await ask(path)).toBe(notThere);
      }
    }
  });

  it("begins at its path where no path is named, and is told of it in the list of views", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine/a");
    const tree = await rich.call("GET", `${V}/tree`, undefined, { key });
    expect(tree.body).toMatchObject({ data: { path: "/mine/a" } });
    const views = await rich.call("GET", "/api/v1/views", undefined, { key });
    expect(views.body).toMatchObject({
      views: [{ parts: [{ path: "/mine/a" }], files: 3, directories: 2, bytes: 15, revision: 0 }],
    });
  });

  it("may be for several paths, which count together", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine/a/deep", "query:default/secret/dir");
    const get = (url: string) => rich.call("GET", url, undefined, { key });
    expect((await get(`${V}/stats`)).body).toMatchObject({ total_files: 2, total_directories: 2 });
    const found = await get(`${V}/search?pattern=z`);
    expect((found.body as { path: string }[]).map(({ path }) => path)).toEqual([
      "/mine/a/deep/z.log",
      "/secret/dir/z.log",
    ]);
    expect((await get(`${V}/tree`)).status).toBe(404);
    expect((await get(`${V}/tree?path=/secret/dir`)).status).toBe(200);
    expect((await get(`${V}/tree?path=/secret`)).status).toBe(404);
  });

  it("has no part of what is decided, listed or fed elsewhere", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine");
    const call = (method: "GET" | "POST" | "DELETE", url: string, body?: unknown) =>
      rich.call(method, url, body, { key });
    const post = async (path: string) => (await call("POST", `${V}/scans`, { path })).status;
    expect(await post("/secret")).toBe(404);
    expect(await post("/")).toBe(404);
    expect(await post("/none")).toBe(404);
    expect(await post("/mine/none")).toBe(202);
    // Without a path it is of all that the key may read.
    const own = await call("POST", `${V}/scans`, {});
    expect(own.body).toMatchObject({ path: "/mine" });
    const other = await rich.call("POST", `${V}/scans`, { path: "/secret" });
    const { id } = other.body as { id: string };
    const all = await call("GET", `${V}/scans`);
    expect((all.body as { scans: { path: string }[] }).scans.map(({ path }) => path)).toEqual([
      "/mine",
      "/mine",
    ]);
    const missing = await call("GET", `${V}/scans/00000000-0000-0000-0000-000000000000`);
    for (const method of ["GET", "DELETE"] as const) {
      const reply = await call(method, `${V}/scans/${id}`);
      expect(reply.status).toBe(404);
      expect(withoutChance(reply.text)).toBe(withoutChance(missing.text));
    }
    expect((await call("GET", `${V}/sessions`)).status).toBe(403);
    for (const [method, url] of [
      ["DELETE", `${V}/reset`],
      ["POST", `${V}/holds/all/approve`],
      ["POST", "/api/v1/pipe/session/"],
      ["GET", "/api/v1/keys"],
    ] as const) {
      expect((await call(method, url)).status).toBe(403);
    }
  });

  it("does not see what it asks for elsewhere being listed", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine/none");
    const reply = await rich.call("GET", `${V}/tree?force_real_time=true`, undefined, { key });
    expect(reply.status).toBe(404);
    const session = await openV2(rich, "agent-a", "boot-2");
    const beat = await rich.call("POST", `/api/v2/pipe/session/${session.session_id}/heartbeat`, {
      can_realtime: true,
    });
    expect((beat.body as { commands: unknown[] }).commands).toEqual([]);
  });

  it("follows its part from page to page, and hears nothing of the rest", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["mine/", "secret/"], "/mine": [], "/secret": [] });
    const key = await world.keyFor("query:default/mine");
    const ask = async (since: string) => {
      const url = `${V}/changes?since=${since}&limit=1`;
      const { body } = await world.call("GET", url, undefined, { key });
      return body as { cursor: string; events: object[]; revision: number; more: boolean };
    };
    const first = await ask("");
    const at = world.clock.now();
    const paths = ["/secret/1", "/mine/1", "/secret/2", "/secret/3", "/mine/2", "/secret/4"];
    await push(
      world,
      session,
      "realtime",
      1,
      paths.map((path) => change(path, at)),
    );
    const second = await ask(first.cursor);
    expect(second).toMatchObject({ events: [{ path: "/mine/1", revision: 0 }], more: true });
    const third = await ask(second.cursor);
    expect(third).toMatchObject({ events: [{ path: "/mine/2" }], more: false, revision: 0 });
    const fourth = await ask(third.cursor);
    expect(fourth).toMatchObject({ events: [], more: false });
    expect(fourth).not.toHaveProperty("reset");
  });

  it("is told to read anew by the cursor of another life, or of a key for all", async () => {
    const world = await createWorld();
    await snapshot(world, await openV2(world), { "/": ["mine/"], "/mine": [] });
    const key = await world.keyFor("query:default/mine");
    const ofAll = await world.call("GET", `${V}/changes`);
    const ofAnother = new Seal().close((ofAll.body as { cursor: string }).cursor);
    for (const since of [(ofAll.body as { cursor: string }).cursor, ofAnother, "part.AAAA"]) {
      const reply = await world.call("GET", `${V}/changes?since=${since}`, undefined, { key });
      expect(reply.body).toMatchObject({ events: [], reset: { reason: "other incarnation" } });
    }
    const bad = await world.call("GET", `${V}/changes?since=xyz`, undefined, { key });
    expect(bad.status).toBe(400);
  });

  it("pages through its part by cursors that nobody else reads or makes", async () => {
    const [, rich] = await createTwins();
    if (rich === undefined) throw new Error("no twins");
    const key = await rich.keyFor("query:default/mine");
    const page = async (cursor: string) => {
      const url = `${V}/entries?glob=*.log&limit=1&cursor=${cursor}`;
      return rich.call("GET", cursor === "" ? url.replace("&cursor=", "") : url, undefined, {
        key,
      });
    };
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body } = await page(cursor);
      const { entries, next_cursor } = body as {
        entries: { path: string }[];
        next_cursor: string | null;
      };
      found.push(...entries.map(({ path }) => path));
      cursor = next_cursor;
      if (cursor !== null) expect(cursor).toMatch(/^part\./);
    }
    expect(found).toEqual(["/mine/a/deep/z.log", "/mine/a/x.log", "/mine/a/y.log"]);
    const all = await rich.call("GET", `${V}/entries?path=/mine&glob=*.log&limit=1`);
    expect((await page((all.body as { next_cursor: string }).next_cursor)).status).toBe(400);
  });
});

describe("the feed of a part", () => {
  it("wakes its reader for what happens there, and for nothing else", async () => {
    let tell: OnFsChange | undefined;
    const view = { revision: 0, follow: (onChange: OnFsChange | undefined) => (tell = onChange) };
    const feed = new ChangeFeed(view as unknown as FsView, FEED_LIMITS);
    const part = new PartFeed(feed, new Part(["/mine"], new Seal()));
    const happen = async (path: string): Promise<void> => {
      feed.apply({ kind: "tick", at: 1 }, () => {
        tell?.(path, undefined, { isDirectory: false, attributes: undefined });
      });
      // Readers are woken once in a turn, and look in the next ones.
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    let woken = false;
    const waiting = part.changed(part.present, new AbortController().signal).then(() => {
      woken = true;
    });
    await happen("/secret");
    await happen("/mined");
    expect(woken).toBe(false);
    await happen("/mine/x");
    expect(woken).toBe(true);
    await waiting;
  });

  it("never shows the same text for the same place", () => {
    const seal = new Seal();
    expect(seal.close("x")).not.toBe(seal.close("x"));
    expect(seal.open(seal.close("x"))).toBe("x");
    const sealed = seal.close("some cursor");
    const last = sealed.endsWith("A") ? "B" : "A";
    expect(seal.open(sealed.slice(0, -2) + last + last)).toBeUndefined();
    expect(new Seal().open(sealed)).toBeUndefined();
  });

  it("are as long whatever the counters in them are", () => {
    const seal = new Seal();
    const life = "0b0e2a4c-5d5f-4f6a-9a3b-2f6a1c0d9e8f";
    const cursors = [`${life}.9`, `${life}.10`, `${life}.${"9".repeat(15)}.${"9".repeat(15)}`];
    const sealed = cursors.map((cursor) => seal.close(cursor));
    expect(sealed.map((each) => seal.open(each))).toEqual(cursors);
    expect(new Set(sealed.map(({ length }) => length)).size).toBe(1);
    expect(sealed[0]?.length).toBeLessThan(200);
    expect(seal.open("part.")).toBeUndefined();
    expect(seal.open("x")).toBeUndefined();
  });
});
