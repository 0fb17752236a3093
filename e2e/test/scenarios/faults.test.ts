import { mkdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { ChangeMessage } from "@fustor/core";
import { encodeBatch, urls, type V2SessionReply } from "@fustor/protocol";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { mountAt, secondMounts } from "../../support/bindfs.js";
import { childrenOf } from "../../support/children.js";
import { makeFolder } from "../../support/folders.js";
import { Picture, startHosts, type Host, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";

const it = itNeeds(secondMounts);
/** More than Fusion takes at once. */
const TOO_MANY_BYTES = 65 * 1024 * 1024;

describe("A3a: nobody else is harmed and all heals by itself when", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;
  /** Of the second pipe of A. */
  let other: Picture;
  let otherFolder: string;

  beforeAll(async () => {
    otherFolder = await makeFolder("other", { atEnd });
    const mount = await mountAt(otherFolder, join(await makeFolder("mount", { atEnd }), "at"), {
      atEnd,
    });
    world = await startHosts({
      atEnd,
      fill,
      pipes: { files: ["default"], more: ["more"] },
      hosts: [
        {
          name: "a",
          alsoPipes: async (fusion) => {
            const key = await fusion.createKey(["ingest:more"]);
            return [{ id: "more", key, dir: mount.at }];
          },
        },
        { name: "b" },
      ],
    });
    other = new Picture({ ...world.fusion.view, view: "more" }, otherFolder);
  });

  it("the process of a source crashes", async () => {
    const { a, view } = world;
    const before = await sessionsOf(view, other);
    const [source] = await childrenOf(a.agent.pid);
    process.kill(source ?? NaN, "SIGKILL");
    await writeFile(join(a.dir, "after the crash"), "x");
    await writeFile(join(otherFolder, "after the crash"), "x");
    await view.untilEqual();
    await other.untilEqual();
    expect(await sessionsOf(view, other)).toEqual(before);
    const restarts = (await a.agent.pipes()).map(({ counters }) => counters?.["sourceRestarts"]);
    expect(restarts.sort()).toEqual([0, 1]);
  });

  it("malformed, empty and oversized batches arrive", async () => {
    const { view, fusion, a, b } = world;
    const before = await sessionsOf(view, other);
    const session = await openSession(world, b);
    const post = (body: string) =>
      fetch(fusion.endpoint + urls.ingest("v2", session), {
        method: "POST",
        headers: { "x-api-key": fusion.key, "content-type": "application/json" },
        body,
      }).then(({ status }) => status);
    const at = Date.now();
    const good = (seq: number) =>
      JSON.stringify(encodeBatch({ stream: "realtime", seq, messages: [told("/told", at)] }, 1));
    const bad: readonly string[] = [
      "",
      "{",
      "[]",
      '{"messages": 7}',
      good(1).replace('"change"', '"chance"'),
      good(1).replace('"/told"', '"../../told"'),
      good(7),
    ];
    for (const body of bad) {
      const status = await post(body);
      expect({ body, is4xx: status >= 400 && status < 500 }).toEqual({ body, is4xx: true });
    }
    expect(
      await announce(TOO_MANY_BYTES, fusion.endpoint + urls.ingest("v2", session), fusion.key),
    ).toBe(413);
    expect(await view.has("/told")).toBe(false);
    expect(await post(good(1))).toBe(200);
    expect(await view.has("/told")).toBe(true);
    await writeFile(join(a.dir, "after bad batches"), "x");
    await view.untilEqual();
    const after = await sessionsOf(view, other);
    expect(after.filter((id) => id !== session)).toEqual(before);
  });

  it("the network of one host is cut", async () => {
    const { a, b, c, view } = world;
    a.wire.cut();
    await view.until("B to lead", async () => (await view.leaders()).join() === "b");
    await writeFile(join(a.dir, "of A, while cut"), "x");
    await writeFile(join(b.dir, "of B, while cut"), "x");
    await writeFile(join(c, "of C, while cut"), "x");
    await rm(join(a.dir, "folder/old"));
    await view.untilThere("/of B, while cut");
    await view.untilEqual();
    await writeFile(join(a.dir, "of A, and nobody looked"), "x");
    a.wire.mend();
    await view.until("A to follow", async () => {
      const sessions = await view.sessions();
      return sessions.some(({ agent_id, role }) => agent_id === "a" && role === "follower");
    });
    await view.untilEqual();
    // Its other pipe was cut as well, and comes back in its own time.
    await other.until("A's session", async () => (await other.sessions()).length === 1);
    await other.untilEqual();
  });

  it("the process of a source hangs", async () => {
    const { a, b, view } = world;
    const before = await sessionsOf(view, other);
    for (const source of await childrenOf(b.agent.pid)) process.kill(source, "SIGSTOP");
    await writeFile(join(b.dir, "while it hangs"), "x");
    await writeFile(join(a.dir, "beside it"), "x");
    await view.untilThere("/beside it");
    // It is ended after half a minute, and another one takes its place.
    await view.untilEqual("/", 90_000);
    await writeFile(join(b.dir, "by the new one"), "x");
    await view.untilThere("/by the new one");
    expect(await sessionsOf(view, other)).toEqual(before);
    await b.agent.eventuallyReports(
      ({ counters }) => counters?.["sourceRestarts"] === 1,
      "restarted once",
    );
  });
});

async function sessionsOf(...views: readonly Picture[]): Promise<readonly string[]> {
  const all = await Promise.all(views.map((view) => view.sessions()));
  return all
    .flat()
    .map(({ session_id }) => session_id)
    .sort();
}

/** A session of another agent with the root of this one. */
async function openSession({ fusion }: Hosts, { wire }: Host): Promise<string> {
  const { client_info: info, ...opening } = wire.opening ?? { task_id: "" };
  const other = { agent_id: "nobody", boot_id: "1", clock: Date.now() };
  const response = await fetch(fusion.endpoint + urls.session(), {
    method: "POST",
    headers: { "x-api-key": fusion.key, "content-type": "application/json" },
    body: JSON.stringify({
      ...opening,
      task_id: "nobody:files",
      client_info: { ...info, ...other },
    }),
  });
  const { session_id: id } = (await response.json()) as V2SessionReply;
  return id;
}

/** Sends the head of a batch of so many bytes, and returns the status of the answer. */
function announce(bytes: number, url: string, key: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      "x-api-key": key,
      "content-type": "application/json",
      "content-length": bytes,
    };
    const asked = request(url, { method: "POST", headers }, (answer) => {
      resolve(answer.statusCode);
      asked.destroy();
    });
    asked.on("error", reject);
    asked.flushHeaders();
  });
}

function told(path: string, at: number): ChangeMessage {
  const fields = ["path", "type", "size", "mtime", "mtime_nsec"];
  const rows = [[path, "f", 1, 1_500_000_000, 0]];
  const observed = { source: "realtime", startedAt: at, endedAt: at } as const;
  return { kind: "change", ...observed, upserts: { fields, rows }, deletes: [] };
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  await writeFile(join(disk, "folder/old"), "old");
}
