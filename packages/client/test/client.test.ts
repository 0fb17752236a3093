import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { change, push } from "../../server/test/support.js";
import { FustorClient, type ChangesPage, type EntryJson } from "../src/index.js";
import { listenEmpty, listenFilled } from "./world.js";

const TREE = {
  "/": { "a/": {}, "b.log": { size: 7 }, "\udcff.log": { size: 9 } },
  "/a": { "x.log": { size: 11, blocks: 16 }, y: { size: 13 } },
};

async function collect(entries: AsyncIterable<EntryJson>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path = "" } of entries) paths.push(path);
  return paths.sort();
}

describe("a client of a view", () => {
  it("finds entries in pages, and all of them as a stream", async () => {
    const { client } = await listenFilled(TREE);
    const first = await client.entries("/", { glob: "*.log", limit: 2, fields: ["path", "size"] });
    expect(first.entries).toHaveLength(2);
    expect(first.meta.truncated).toBe(true);
    const cursor = first.next_cursor ?? "";
    const second = await client.entries("/", { glob: "*.log", limit: 2, cursor });
    expect(second.entries).toHaveLength(1);
    expect(second.next_cursor).toBeNull();
    expect(await collect(client.eachEntry("/a"))).toEqual(["/a/x.log", "/a/y"]);
  });

  it("takes a path as an answer told it, also when it is not valid UTF-8", async () => {
    const { client } = await listenFilled(TREE);
    const { entries } = await client.entries("/", { min_size: 9, max_size: 9 });
    const [odd] = entries;
    expect(odd?.path_b64).toBeDefined();
    expect((await client.entry(odd ?? "/")).entry.size).toBe(9);
  });

  it("explains, counts, and tells how well it knows", async () => {
    const { client } = await listenFilled(TREE);
    expect(await client.explain("/none")).toMatchObject({ present: false });
    const { usage } = await client.usage("/", { depth: 1, top: 1 });
    expect(usage).toMatchObject({ files: 4, directories: 2, bytes: 40 });
    expect(usage.rest?.entries).toBe(2);
    expect(await client.coverage("/")).toMatchObject({ directories: 2, listed: 2 });
    expect(await client.stats()).toMatchObject({ total_files: 4, total_bytes: 40 });
    expect(await client.views()).toMatchObject([{ id: "default", ready: true, files: 4 }]);
    const tree = await client.tree("/", { maxDepth: 1 });
    expect(tree.children).toHaveLength(3);
  });

  it("asks for listings and ends them", async () => {
    const { client } = await listenFilled(TREE);
    const job = await client.scan("/a", { recursive: true });
    expect(job).toMatchObject({ path: "/a", recursive: true, state: "queued" });
    expect((await client.scans()).map(({ id }) => id)).toEqual([job.id]);
    expect((await client.cancelScan(job.id)).state).toBe("cancelled");
    expect((await client.scanJob(job.id)).state).toBe("cancelled");
  });
});

describe("the keys of a Fusion", () => {
  it("are listed, made and ended by who may do everything", async () => {
    const { world, endpoint } = await listenEmpty();
    const admin = new FustorClient({ endpoint, key: world.admin });
    const expiresAt = world.clock.now() / 1_000 + 60;
    const scopes = ["query:default/a"];
    const { id, key } = await admin.createKey({ name: "report", scopes, expiresAt });
    const listed = (await admin.keys()).find((each) => each.id === id);
    expect(listed).toMatchObject({ name: "report", scopes, expires_at: expiresAt });
    expect(JSON.stringify(await admin.keys())).not.toContain(key.split("_").slice(2).join("_"));
    const made = new FustorClient({ endpoint, key });
    expect(await made.views()).toHaveLength(1);
    await admin.revokeKey(id);
    await expect(made.views()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(admin.revokeKey(id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(`There is no key ${id}.`) as string,
    });
    const own = world.admin.split("_")[1] ?? "";
    await expect(admin.revokeKey(own)).rejects.toMatchObject({ code: "USAGE" });
    await expect(admin.createKey({ scopes: ["all"] })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("are no business of other keys, which are told what is needed", async () => {
    const { client } = await listenEmpty();
    for (const call of [
      () => client.keys(),
      () => client.createKey({ scopes: ["admin"] }),
      () => client.revokeKey("x"),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: "FORBIDDEN",
        message: expect.stringContaining("keys create --scope admin") as string,
      });
    }
  });
});

describe("following a view", () => {
  it("tells what happens from the cursor on, across calls", async () => {
    const { client, world, session } = await listenFilled(TREE);
    const pages: ChangesPage[] = [];
    for await (const page of client.follow("/")) {
      pages.push(page);
      if (pages.length > 1) break;
      await push(world, session, "realtime", 1, [change("/a/new", world.clock.now())]);
    }
    expect(pages[0]?.events).toEqual([]);
    expect(pages[1]?.events).toMatchObject([{ kind: "created", path: "/a/new" }]);

    const again = await client.follow("/", { since: pages[0]?.cursor }).next();
    expect(again.value.events).toMatchObject([{ kind: "created", path: "/a/new" }]);
  });

  it("tells of a reset and where to go on", async () => {
    const { client } = await listenFilled(TREE);
    const { cursor } = await client.changes();
    const since = cursor.replace(/^[^.]+/, "00000000-0000-4000-8000-000000000000");
    const { value } = await client.follow("/", { since }).next();
    expect(value).toMatchObject({ events: [], reset: { reason: "other incarnation" }, cursor });
  });

  it("ends when its signal says so", async () => {
    const { client } = await listenFilled(TREE);
    const stop = new AbortController();
    const pages = client.follow("/", { signal: stop.signal });
    await pages.next();
    const waiting = pages.next();
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("what cannot be answered", () => {
  it("is told by code and in a sentence with the way out", async () => {
    const { endpoint, key, client, world } = await listenFilled(TREE);
    const admin = new FustorClient({ endpoint, key: world.admin, view: "other" });
    const stranger = new FustorClient({ endpoint, key: "no" });
    const otherView = new FustorClient({ endpoint, key, view: "other" });
    await expect(stranger.views()).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("fustor-fusion keys create") as string,
    });
    await expect(otherView.stats()).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(admin.entry("/")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no view "other". The views are: default. With fustor name one by --view.',
    });
    await expect(client.entry("/none")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no "/none" in the view "default".',
    });
    await expect(client.entries("/", { regex: "(" })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("is told as not ready before a first snapshot, with the time to wait", async () => {
    const { client } = await listenEmpty();
    await expect(client.stats()).rejects.toMatchObject({
      code: "NOT_READY",
      retryable: true,
      retryAfterMs: 5_000,
    });
  });

  it("is told as not running when nothing listens", async () => {
    const { client, world } = await listenFilled(TREE);
    await world.fusion.close();
    await expect(client.views()).rejects.toMatchObject({ code: "NOT_RUNNING", retryable: true });
  });

  it("is refused at once when the endpoint is no address", () => {
    for (const endpoint of ["", "localhost:8102", "file:///x", "http://"]) {
      expect(() => new FustorClient({ endpoint, key: "" })).toThrow("is no address of a Fusion");
    }
  });

  it("is told when a stream ends before its last line", async () => {
    const server = createServer((_, reply) => {
      reply.end('{"path":"/a"}\n');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const client = new FustorClient({ endpoint: `http://127.0.0.1:${String(port)}`, key: "" });
    await expect(collect(client.eachEntry("/"))).rejects.toMatchObject({
      code: "SEND_FAILED",
      message: expect.stringContaining("was cut off") as string,
    });
  });
});
