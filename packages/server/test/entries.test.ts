import type { EntriesEnd, EntriesReply } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { createFilled } from "./filled.js";
import { change, createWorld, openV2, push, type World } from "./support.js";

const ENTRIES = "/api/v1/views/default/entries";

const createFilledWorld = () =>
  createFilled({
    "/": { "b/": {}, "a/": {}, "z.txt": {}, "A.log": {} },
    "/a": { "a.log": {}, "c.txt": {} },
    "/b": { "deep/": {}, "a.log": {} },
    "/b/deep": { "x.log": {} },
  });

const ask = async (world: World, query: string) => {
  const reply = await world.call("GET", `${ENTRIES}?${query}`);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as EntriesReply;
};

const pathsOf = ({ entries }: EntriesReply) => entries.map(({ path }) => path);
const find = async (world: World, query: string) => pathsOf(await ask(world, query));

/** What a call was refused with. */
const refusal = async (world: World, query: string) => {
  const { status, body } = await world.call("GET", `${ENTRIES}?${query}`);
  return { status, detail: (body as { detail: string }).detail };
};

const ALL = [
  "/A.log",
  "/a",
  "/a/a.log",
  "/a/c.txt",
  "/b",
  "/b/a.log",
  "/b/deep",
  "/b/deep/x.log",
  "/z.txt",
];

describe("entries", () => {
  it("tells what stands below a path in the order of a walk by names", async () => {
    const { world } = await createFilledWorld();
    expect(await find(world, "")).toEqual(ALL);
    expect(await find(world, "order=desc")).toEqual([...ALL].reverse());
    expect(await find(world, "path=/b")).toEqual(["/b/a.log", "/b/deep", "/b/deep/x.log"]);
    expect(await find(world, "path=/b&recursive=false")).toEqual(["/b/a.log", "/b/deep"]);
    expect(await find(world, "path=/a/a.log")).toEqual(["/a/a.log"]);
  });

  it("says what the answer rests on", async () => {
    const { world } = await createFilledWorld();
    const { meta, next_cursor } = await ask(world, "limit=100");
    expect(next_cursor).toBeNull();
    expect(meta).toEqual({
      view: "default",
      incarnation: expect.any(String) as string,
      revision: expect.any(Number) as number,
      as_of: world.clock.now() / 1000,
      ready: true,
      coverage: 1,
      gaps: false,
      held: false,
      truncated: false,
    });
  });

  it.each([
    ["name=LOG", ["/A.log", "/a/a.log", "/b/a.log", "/b/deep/x.log"]],
    ["glob=*.log", ["/A.log", "/a/a.log", "/b/a.log", "/b/deep/x.log"]],
    ["glob=?.l[no]g", ["/A.log", "/a/a.log", "/b/a.log", "/b/deep/x.log"]],
    ["glob=[!A-Z].log", ["/a/a.log", "/b/a.log", "/b/deep/x.log"]],
    ["glob=*/*.log", ["/a/a.log", "/b/a.log"]],
    ["glob=**/*.log", ["/A.log", "/a/a.log", "/b/a.log", "/b/deep/x.log"]],
    ["glob=b/**", ["/b/a.log", "/b/deep", "/b/deep/x.log"]],
    ["path=/b&glob=deep/*", ["/b/deep/x.log"]],
    ["glob={a,z}.{log,txt}", ["/a/a.log", "/b/a.log", "/z.txt"]],
    ["regex=^/b/.*%5C.log$", ["/b/a.log", "/b/deep/x.log"]],
    ["regex=(?i)/A%5C.", ["/A.log", "/a/a.log", "/b/a.log"]],
    ["type=d", ["/a", "/b", "/b/deep"]],
    ["type=d,f&name=z", ["/z.txt"]],
    ["type=l", []],
    ["min_size=6&type=f", []],
    ["max_size=5&name=z", ["/z.txt"]],
    ["uid=0&gid=0&name=z", ["/z.txt"]],
    ["uid=7", []],
    ["suspect=true", []],
    ["blind_spot=false&name=z", ["/z.txt"]],
    ["modified_after=1799900000.0000005&name=z", ["/z.txt"]],
    ["modified_after=1799900000.000000501&name=z", []],
    ["modified_before=1799900000.0000005&name=z", []],
    ["modified_before=1799900000.000000501&name=z", ["/z.txt"]],
  ])("finds by %s", async (query, paths) => {
    const { world } = await createFilledWorld();
    expect(await find(world, query)).toEqual(paths);
  });

  it("sorts by name, size and time, both ways", async () => {
    const { world, session } = await createFilledWorld();
    const now = world.clock.now();
    await push(world, session, "realtime", 1, [change("/big", now)]);
    expect((await find(world, "sort=size&order=desc&type=f"))[0]).toBe("/big");
    expect((await find(world, "sort=size&type=f")).at(-1)).toBe("/big");
    expect(await find(world, "sort=name&type=f&path=/b")).toEqual(["/b/a.log", "/b/deep/x.log"]);
    expect((await find(world, "sort=mtime&type=f"))[0]).toBe("/big");
    expect((await find(world, "sort=mtime&order=desc&type=f")).at(-1)).toBe("/big");
  });

  it("tells the fields that were asked for, times also as exact nanoseconds", async () => {
    const { world } = await createFilledWorld();
    const { entries } = await ask(world, "name=z&fields=name,mtime,mtime_ns,ino,nlink,mode");
    const mtime = 1799900000.0000005;
    expect(entries).toEqual([
      {
        name: "z.txt",
        mtime,
        mtime_ns: "1799900000000000500",
        ino: "5",
        nlink: 1,
        mode: 0o644,
      },
    ]);
  });

  it("shows names that are not UTF-8 with their bytes, and finds them by these", async () => {
    const { world, session } = await createFilledWorld();
    await push(world, session, "realtime", 1, [change("/a/\udcff", world.clock.now())]);
    const { entries } = await ask(world, "path=/a&limit=1&sort=name&order=desc");
    expect(entries[0]).toMatchObject({ path: "/a/\ufffd", name: "\ufffd", path_b64: "L2Ev/w==" });
    const { entries: again } = await ask(world, "path_b64=L2Ev/w==");
    expect(again).toEqual(entries);
  });

  it.each([
    ["nmae=x", 'There is no parameter "nmae". Did you mean "name"?'],
    ["min_size=big", 'The parameter min_size is "big"; it must be a whole number of at least 0.'],
    ["sort=age", 'The parameter sort is "age"; it must be path or name or size or mtime.'],
    ["limit=20000", "The parameter limit is 20000; a page holds at most 10000."],
    ["type=x", 'The parameter type is "x"; it must be letters of find -type'],
    ["fields=path,color", 'The parameter fields is "path,color"; it must be some of path, name,'],
    ["regex=(", 'The parameter regex is "(": missing closing )'],
    ["regex=(%3F=a)", "The syntax is that of RE2: no look-around"],
    ["modified_after=yesterday", "seconds since the epoch"],
    ["cursor=nonsense", "The parameter cursor is no cursor."],
  ])("refuses %s and says why", async (query, sentence) => {
    const { world } = await createFilledWorld();
    const { status, detail } = await refusal(world, query);
    expect(status).toBe(400);
    expect(detail).toContain(sentence);
  });

  it("does not know what is not there", async () => {
    const { world } = await createFilledWorld();
    expect((await refusal(world, "path=/nope")).status).toBe(404);
  });

  it("answers an expression that takes others for ever", async () => {
    const { world, session } = await createFilledWorld();
    await push(world, session, "realtime", 1, [change(`/${"a".repeat(200)}`, world.clock.now())]);
    expect(await find(world, "regex=(a%2Ba%2B)%2Bb$")).toEqual([]);
    expect(await find(world, `glob=${"*a".repeat(20)}b`)).toEqual([]);
  });

  it("refuses patterns that are empty or not closed, and takes what they quote", async () => {
    const { world } = await createFilledWorld();
    for (const [query, says] of [
      ["glob=", "The parameter glob is empty"],
      ["regex=", "The parameter regex is empty"],
      ["glob=[ab", '"[" is not closed'],
      ["glob={a,b", '"{" is not closed'],
      ["glob=}{a", '"{" is not closed'],
    ] as const) {
      const reply = await world.call("GET", `/api/v1/views/default/entries?${query}`);
      expect(reply.status, query).toBe(400);
      expect((reply.body as { detail: string }).detail).toContain(says);
    }
    for (const glob of ["a}", "\\[", "\\{a", "[[]", "[]]", "[{]"]) {
      const query = new URLSearchParams({ glob }).toString();
      const reply = await world.call("GET", `/api/v1/views/default/entries?${query}`);
      expect(reply.status, glob).toBe(200);
    }
  });

  it("answers what is known before a first snapshot, and says how much that is", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    expect((await ask(world, "")).meta).toMatchObject({ ready: false, coverage: 0 });
    await push(world, session, "realtime", 1, [change("/new/file", world.clock.now())]);
    const { entries, meta } = await ask(world, "fields=path,type,size");
    expect(entries).toEqual([
      { path: "/new", type: "d", size: null },
      { path: "/new/file", type: "f", size: 7 },
    ]);
    expect(meta).toMatchObject({ ready: false, coverage: 0 });
    expect((await world.call("GET", "/api/v1/views/default/stats")).status).toBe(503);
  });

  describe("in pages", () => {
    const readAll = async (world: World, query: string) => {
      const pages: EntriesReply[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: EntriesReply = await ask(
          world,
          `${query}&cursor=${cursor}`.replace(/&cursor=$/, ""),
        );
        pages.push(page);
        cursor = page.next_cursor;
      }
      return pages;
    };

    it.each(["path", "name", "size", "mtime"])("tells everything once by %s", async (sort) => {
      const { world } = await createFilledWorld();
      for (const order of ["asc", "desc"]) {
        const pages = await readAll(world, `sort=${sort}&order=${order}&limit=2`);
        expect(pages.map(({ meta }) => meta.truncated)).toEqual([true, true, true, true, false]);
        expect(pages.flatMap(pathsOf).sort()).toEqual(ALL);
        expect(pages.flatMap(pathsOf)).toEqual(await find(world, `sort=${sort}&order=${order}`));
      }
    });

    it("goes on where it was when the result is not held any more", async () => {
      const { world } = await createFilledWorld();
      for (const query of ["sort=path", "sort=name", "sort=size&order=desc"]) {
        const first = await ask(world, `${query}&limit=4`);
        await world.clock.advance(120_000);
        const rest = await ask(world, `${query}&cursor=${first.next_cursor ?? ""}`);
        expect([...pathsOf(first), ...pathsOf(rest)]).toEqual(await find(world, query));
      }
    });

    it("keeps to the result of the first page", async () => {
      const { world, session } = await createFilledWorld();
      const first = await ask(world, "limit=4");
      const at = world.clock.now() + 1;
      await world.clock.advance(1);
      await push(world, session, "realtime", 1, [
        change("/c", at),
        change("/b/a.log", at, { isDelete: true }),
      ]);
      const rest = await ask(world, `cursor=${first.next_cursor ?? ""}`);
      expect(pathsOf(rest)).toEqual(["/b", "/b/deep", "/b/deep/x.log", "/z.txt"]);
    });

    it("refuses cursors of other questions, and of a view that began anew", async () => {
      const { world } = await createFilledWorld();
      const cursor = (await ask(world, "limit=2")).next_cursor ?? "";
      expect(await find(world, `cursor=${cursor}&fields=path&limit=1`)).toEqual([ALL[2]]);
      expect((await refusal(world, `name=a&cursor=${cursor}`)).detail).toContain(
        "The cursor belongs to another question.",
      );
      await world.call("DELETE", "/api/v1/views/default/reset");
      expect(await refusal(world, `cursor=${cursor}`)).toEqual({
        status: 400,
        detail: "The cursor has expired: the view has begun anew since. Begin without a cursor.",
      });
    });
  });

  describe("as NDJSON", () => {
    const stream = async (world: World, query: string) => {
      const headers = { accept: "application/x-ndjson" };
      const reply = await world.call("GET", `${ENTRIES}?${query}`, undefined, { headers });
      const lines = reply.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
      const end = lines.pop() as EntriesEnd;
      return { reply, end, paths: (lines as { path: string }[]).map(({ path }) => path) };
    };

    it("tells an entry a line, and at last how it ended", async () => {
      const { world } = await createFilledWorld();
      const { reply, end, paths } = await stream(world, "");
      expect(reply.headers["content-type"]).toBe("application/x-ndjson");
      expect(paths).toHaveLength(ALL.length);
      expect([...paths].sort()).toEqual(ALL);
      expect(end).toMatchObject({ next_cursor: null, meta: { truncated: false, coverage: 1 } });
    });

    it("tells in order when asked to, and can be gone on with", async () => {
      const { world } = await createFilledWorld();
      const { end, paths } = await stream(world, "sort=path&limit=5");
      expect(end.meta.truncated).toBe(true);
      const rest = await stream(world, `sort=path&cursor=${end.next_cursor ?? ""}`);
      expect([...paths, ...rest.paths]).toEqual(ALL);
      expect(rest.end.meta.truncated).toBe(false);
    });

    it("says when there was more than the limit", async () => {
      const { world } = await createFilledWorld();
      const { end, paths } = await stream(world, "limit=3");
      expect(paths).toHaveLength(3);
      expect(end).toMatchObject({ next_cursor: null, meta: { truncated: true } });
      expect((await stream(world, `limit=${String(ALL.length)}`)).end.meta.truncated).toBe(false);
    });
  });
});
