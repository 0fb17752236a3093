import { get, type IncomingMessage } from "node:http";
import type { ChangesPage } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import {
  change,
  createWorld,
  openV2,
  push,
  snapshot,
  START,
  type OpenedV2,
  type World,
} from "./support.js";

const CHANGES = "/api/v1/views/default/changes";

async function createFilledWorld() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["d/", "f"], "/d": ["x", "e/"], "/d/e": ["y"] });
  const speak = speaker(world, session);
  return { world, speak };
}

/** Says realtime changes, one batch each. */
function speaker(world: World, session: OpenedV2) {
  let seq = 0;
  return async (...messages: readonly object[]): Promise<void> => {
    await world.clock.advance(10);
    seq += 1;
    const reply = await push(world, session, "realtime", seq, messages);
    if (reply.status !== 200) throw new Error(reply.text);
  };
}

async function read(world: World, query = ""): Promise<ChangesPage> {
  const reply = await world.call("GET", `${CHANGES}${query}`);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as ChangesPage;
}

function told({ events }: ChangesPage): string[] {
  return events.map(({ kind, path, from, unlisted }) =>
    [kind, ...(from === undefined ? [] : [from]), path, ...(unlisted ? ["unlisted"] : [])].join(
      " ",
    ),
  );
}

const FIELDS = "path type size mtime mtime_nsec ctime ctime_nsec mode uid gid ino nlink blocks";

/** A directory's rename. `ino` is the one that the snapshot told of it. */
function move(from: string, to: string, ino: number, at: number): object {
  const mtime = Math.floor(START / 1000) - 100_000;
  const row = [to, "d", 5, mtime, 500, mtime, 500, 0o644, 0, 0, ino, 1, 8];
  return {
    kind: "change",
    message_source: "realtime",
    started_at: at,
    ended_at: at,
    upserts: { fields: FIELDS.split(" "), rows: [row] },
    deletes: [],
    moves: [[from, to]],
  };
}

describe("changes", () => {
  it("begin now, and go on from a page's cursor", async () => {
    const { world, speak } = await createFilledWorld();
    const now = await read(world);
    expect(now).toMatchObject({ view: "default", events: [], more: false });
    await speak(change("/new", world.clock.now()));
    await speak(change("/new", world.clock.now(), { isDelete: true }));
    const page = await read(world, `?since=${now.cursor}`);
    expect(told(page)).toEqual(["created /new", "deleted /new"]);
    expect(page.events[0]).toEqual({
      kind: "created",
      revision: now.revision + 1,
      path: "/new",
      is_directory: false,
      attributes: {
        ...{ type: "f", size: 7, blocks: 8, mode: 0o644, uid: 0, gid: 0, ino: "77", nlink: 1 },
        ...{ mtime: 1_799_900_000, mtime_ns: "1799900000000000000" },
        ...{ ctime: 1_799_900_000, ctime_ns: "1799900000000000000" },
      },
    });
    expect(page.revision).toBe(now.revision + 2);
    expect(told(await read(world, `?since=${page.cursor}`))).toEqual([]);
  });

  it("tell the move of a directory once", async () => {
    const { world, speak } = await createFilledWorld();
    const { cursor } = await read(world);
    await speak(move("/d", "/moved", 1000, world.clock.now()));
    const page = await read(world, `?since=${cursor}`);
    expect(told(page)).toEqual(["moved /d /moved"]);
    expect(page.events[0]).toMatchObject({ is_directory: true, attributes: { ino: "1000" } });
  });

  it("tell a move across the edge of a subtree as a create or a delete there", async () => {
    const { world, speak } = await createFilledWorld();
    const { cursor } = await read(world);
    await speak(move("/d/e", "/e", 1001, world.clock.now()));
    const within = async (path: string) => told(await read(world, `?since=${cursor}&path=${path}`));
    expect(await within("/d")).toEqual(["deleted /d/e"]);
    expect(await within("/d/e/deep")).toEqual(["deleted /d/e/deep"]);
    expect(await within("/e")).toEqual(["created /e unlisted"]);
    expect(await within("/e/deep")).toEqual(["created /e/deep unlisted"]);
    expect(await within("/d/x")).toEqual([]);
    expect(await within("/")).toEqual(["moved /d/e /e"]);
  });

  it("come in pages that may end within one revision", async () => {
    const { world, speak } = await createFilledWorld();
    let { cursor } = await read(world);
    const at = world.clock.now();
    await speak(change("/a", at), change("/b", at), change("/c", at));
    const pages: string[][] = [];
    for (let more = true; more;) {
      const page = await read(world, `?since=${cursor}&limit=2`);
      pages.push(told(page));
      ({ cursor, more } = page);
    }
    expect(pages).toEqual([["created /a", "created /b"], ["created /c"]]);
  });

  it("are told from any revision on that was seen", async () => {
    const { world, speak } = await createFilledWorld();
    const { cursor, revision } = await read(world);
    await speak(change("/a", world.clock.now()));
    await speak(change("/b", world.clock.now()));
    const incarnation = cursor.slice(0, cursor.indexOf("."));
    const since = `${incarnation}.${String(revision + 1)}`;
    expect(told(await read(world, `?since=${since}`))).toEqual(["created /b"]);
  });

  it("say that a cursor has no place any more, and where the present is", async () => {
    const { world } = await createFilledWorld();
    const { cursor, revision } = await read(world);
    const incarnation = cursor.slice(0, cursor.indexOf("."));
    const answers = [
      ["0", "too old"],
      [String(revision + 1), "future"],
      [`${String(revision)}.99999`, "future"],
    ] as const;
    for (const [tail, reason] of answers) {
      const page = await read(world, `?since=${incarnation}.${tail}`);
      expect(page).toEqual({
        ...{ view: "default", events: [], cursor, revision, more: false },
        reset: { reason },
      });
    }
    const stranger = await read(world, `?since=another.${String(revision)}&wait=10`);
    expect(stranger).toMatchObject({ cursor, reset: { reason: "other incarnation" } });
    expect((await world.call("GET", `${CHANGES}?since=nonsense`)).status).toBe(400);
  });

  it("begin another incarnation when the view is reset", async () => {
    const { world } = await createFilledWorld();
    const { cursor } = await read(world);
    await world.call("DELETE", "/api/v1/views/default/reset");
    const page = await read(world, `?since=${cursor}`);
    expect(page).toMatchObject({ events: [], reset: { reason: "other incarnation" } });
    expect(page.cursor).not.toBe(cursor);
    const next = await openV2(world, "agent-a", "boot-2");
    // What is as old as the reset itself says nothing.
    await world.clock.advance(10);
    await snapshot(world, next, { "/": ["f"] });
    expect(told(await read(world, `?since=${page.cursor}`))).toContain("created /f");
  });

  it("wait until something happens in the subtree that was asked for", async () => {
    const { world, speak } = await createFilledWorld();
    const { cursor } = await read(world);
    let isAnswered = false;
    const waiting = read(world, `?since=${cursor}&path=/d&wait=30`).finally(() => {
      isAnswered = true;
    });
    await speak(change("/elsewhere", world.clock.now()));
    await world.clock.settle();
    expect(isAnswered).toBe(false);
    await speak(change("/d/z", world.clock.now()));
    const page = await waiting;
    expect(told(page)).toEqual(["created /d/z"]);
  });

  it("answer with nothing when the time is over", async () => {
    const { world } = await createFilledWorld();
    const { cursor } = await read(world);
    const waiting = read(world, `?since=${cursor}&wait=30`);
    await world.clock.settle();
    await world.clock.advance(30_000);
    expect(await waiting).toMatchObject({ events: [], cursor, more: false });
  });

  it("are forgotten when nobody asks for long", async () => {
    const { world } = await createFilledWorld();
    const { cursor } = await read(world);
    await world.clock.advance(11 * 60_000);
    const session = await openV2(world, "agent-b");
    await push(world, session, "realtime", 1, [change("/late", world.clock.now())]);
    expect(await read(world, `?since=${cursor}`)).toMatchObject({ reset: { reason: "too old" } });
  });

  it("need a key for the view", async () => {
    const { world } = await createFilledWorld();
    const key = await world.keyFor("query:other");
    expect((await world.call("GET", CHANGES, undefined, { key })).status).toBe(403);
    expect((await world.call("GET", CHANGES, undefined, { key: null })).status).toBe(401);
  });
});

interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly page: ChangesPage;
}

/** Reads server-sent events over a real connection, one at a time. */
async function follow(world: World, headers: Readonly<Record<string, string>> = {}) {
  const { url } = await world.fusion.listen();
  const request = get(`${url}${CHANGES}`, {
    headers: { accept: "text/event-stream", "x-api-key": world.admin, ...headers },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
  response.setEncoding("utf8");
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  let text = "";
  const next = async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const read = (await chunks.next()) as IteratorResult<string, undefined>;
      if (read.done === true) return "";
      text += read.value;
    }
  };
  return {
    type: response.headers["content-type"],
    next,
    nextEvent: async (): Promise<ServerEvent> => {
      const lines = (await next()).split("\n");
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
      return {
        id: field("id"),
        event: field("event"),
        page: JSON.parse(field("data")) as ChangesPage,
      };
    },
    leave: () => {
      request.destroy();
    },
  };
}

const ANY_PORT = { listen: { host: "127.0.0.1", port: 0 } };

async function createListeningWorld() {
  const world = await createWorld(ANY_PORT);
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["f"] });
  return { world, speak: speaker(world, session) };
}

describe("a stream of changes", () => {
  it("says where it begins, what happens, and that it lives", async () => {
    const { world, speak } = await createListeningWorld();
    const stream = await follow(world);
    expect(stream.type).toBe("text/event-stream; charset=utf-8");
    expect(await stream.next()).toBe("retry: 2000");
    const first = await stream.nextEvent();
    expect(first).toMatchObject({ event: "changes", page: { events: [] } });
    expect(first.id).toBe(first.page.cursor);
    await speak(change("/a", world.clock.now()));
    const second = await stream.nextEvent();
    expect(told(second.page)).toEqual(["created /a"]);
    expect(second.id).toBe(second.page.cursor);
    await world.clock.settle();
    await world.clock.advance(15_000);
    expect(await stream.next()).toBe(": ");
    stream.leave();
  });

  it("goes on after the last event that a broken one brought", async () => {
    const { world, speak } = await createListeningWorld();
    const { cursor } = await read(world);
    await speak(change("/a", world.clock.now()));
    const stream = await follow(world, { "last-event-id": cursor });
    await stream.next();
    expect((await stream.nextEvent()).page.events).toEqual([]);
    expect(told((await stream.nextEvent()).page)).toEqual(["created /a"]);
    stream.leave();
  });

  it("says at once that what happened since cannot be told", async () => {
    const { world } = await createListeningWorld();
    const stream = await follow(world, { "last-event-id": "another.7" });
    await stream.next();
    const first = await stream.nextEvent();
    expect(first).toMatchObject({
      event: "reset",
      page: { events: [], reset: { reason: "other incarnation" } },
    });
    await world.call("DELETE", "/api/v1/views/default/reset");
    const second = await stream.nextEvent();
    expect(second).toMatchObject({ event: "reset", page: { events: [] } });
    expect(second.id).not.toBe(first.id);
    stream.leave();
  });

  it("ends with Fusion", async () => {
    const { world } = await createListeningWorld();
    const stream = await follow(world);
    await stream.next();
    await stream.next();
    await world.fusion.close();
    expect(await stream.next().catch(() => "")).toBe("");
  });
});
