import {
  FustorError,
  silentLogger,
  type Batch,
  type ListingMessage,
  type Message,
  type Packer,
  type Session,
} from "@fustor/core";
import { createPipe } from "@fustor/core/host";
import {
  listingOf,
  lostOf,
  ManualClock,
  markOf,
  RecordingSender,
  ScriptedSource,
  walkOf,
} from "@fustor/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { packListings, type PackHead } from "../src/host/pack-listings.js";
import type { Delivery, Packing, PackingSource } from "../src/host/packs.js";
import { RowWindow } from "../src/host/row-window.js";
import { ScanQueue } from "../src/host/scan-queue.js";

const scopesIn: Packer = {
  pack: (messages) => Buffer.from(messages.map((m) => (m as ListingMessage).scope).join(" ")),
};

/** What `packListings` sends, packs as the words in them. */
async function sent(
  messages: readonly Message[] | AsyncIterable<Message>,
  { packer = scopesIn, rowsMax = 4, signal = new AbortController().signal } = {},
): Promise<(string | Message)[]> {
  const all: (string | Message)[] = [];
  await packListings(asStream(messages), {
    packer,
    rowsMax,
    clock: new ManualClock(),
    window: new RowWindow(1_000),
    send: (said) => all.push(...said),
    sendPack: (_head, bytes) => all.push(Buffer.from(bytes).toString()),
    signal,
  });
  return all;
}

async function* asStream(messages: Iterable<Message> | AsyncIterable<Message>) {
  yield* messages;
}

describe("packing a walk", () => {
  const [a, b, c] = ["/a", "/b", "/c"].map((scope) => listingOf(scope, { f: 1 }));
  const listings = [a, b, c].flatMap((listing) => listing ?? []);

  it("puts listings together up to so many rows, and keeps everything in its order", async () => {
    const lost = lostOf("/x");
    const walk = [...walkOf("snapshot", listings), lost, listingOf("/d"), lost];
    const [begin, end] = [walk[0], walk[4]];
    expect(await sent(walk)).toEqual([begin, "/a /b", "/c", end, lost, "/d", lost]);
  });

  it("packs a listing alone that is larger than a pack", async () => {
    const large = listingOf("/large", { f: 1, g: 2, h: 3, i: 4, j: 5 });
    expect(await sent([listingOf("/a"), large, listingOf("/b")])).toEqual(["/a", "/large", "/b"]);
  });

  it("says beside the bytes what the host has to know of them", async () => {
    const heads: PackHead[] = [];
    const listed = [
      { ...listingOf("/a", { f: 1 }), startedAt: 5, endedAt: 30 },
      { ...listingOf("/a", { g: 1 }), startedAt: 3, endedAt: 9 },
    ];
    await packListings(asStream(listed), {
      packer: scopesIn,
      rowsMax: 100,
      clock: new ManualClock(),
      window: new RowWindow(1_000),
      send: () => undefined,
      sendPack: (head) => heads.push(head),
      signal: new AbortController().signal,
    });
    expect(heads).toEqual([{ rows: 4, messages: 2, scopes: ["/a"], startedAt: 3, endedAt: 30 }]);
  });

  it.each<[string, Packer]>([
    ["has no words for them", { pack: () => undefined }],
    [
      "fails",
      {
        pack: () => {
          throw new TypeError("not a listing of mine");
        },
      },
    ],
  ])("sends listings as they are where the packer %s", async (_, packer) => {
    expect(await sent(listings, { packer })).toEqual(listings);
  });

  it("does not wait for a full pack while a walk rests", async () => {
    const clock = new ManualClock();
    const said: string[] = [];
    const pumping = packListings(resting(), {
      packer: scopesIn,
      rowsMax: 100,
      clock,
      window: new RowWindow(1_000),
      send: () => undefined,
      sendPack: (_head, bytes) => said.push(Buffer.from(bytes).toString()),
      signal: new AbortController().signal,
    });
    await clock.advance(1_000);
    expect(said).toEqual(["/a"]);
    await clock.advance(60_000);
    await pumping;
    expect(said).toEqual(["/a", "/b"]);

    async function* resting() {
      yield listingOf("/a");
      await clock.sleep(60_000);
      yield listingOf("/b");
    }
  });

  it("sends nothing after an abort", async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await sent(listings, { signal: abort.signal })).toEqual([]);
  });
});

const packOf = (rows: number, ...scopes: string[]) =>
  ({
    kind: "pack",
    bytes: Buffer.from(scopes.join(" ")),
    rows,
    messages: scopes.length,
    startedAt: 1,
    endedAt: 2,
    scopes,
  }) as const;

describe("a scan stream with packs", () => {
  it("takes each pack alone and messages together, in order, and counts their rows", async () => {
    const clock = new ManualClock();
    const queue = new ScanQueue({ rowsMax: 10, batchRows: 5, clock });
    const { signal } = new AbortController();
    const [begin, end] = [markOf("snapshot", "begin"), markOf("snapshot", "end")];
    const [first, second] = [packOf(5, "/a"), packOf(20, "/b", "/c")];
    for (const each of [begin, listingOf("/x"), first, second]) await queue.push(each, signal);

    let pushed = false;
    const pushing = queue.push(end, signal).then(() => (pushed = true));
    expect(queue.take(5)).toEqual([begin, listingOf("/x")]);
    expect(queue.take(5)).toBe(first);
    await clock.settle();
    expect(pushed).toBe(false); // 20 rows wait still
    expect(queue.take(5)).toBe(second);
    await pushing;
    expect(queue.take(5)).toEqual([end]);
    expect(queue.take(5)).toEqual([]);
  });
});

describe("a pipe whose session has a packer", () => {
  const pack = packOf(3, "/a", "/b");

  it("sends the packs of its walks unread, each as a batch", async () => {
    const { sender, source, pipe } = await start();
    expect(source.asked).toEqual([
      ["snapshot", { digests: false }, { module: "packer:test", rowsMax: 5_000 }],
    ]);
    const packed = sender.batches.filter((batch) => batch.pack !== undefined);
    expect(packed).toEqual([{ stream: "scan", seq: 2, messages: [], pack, sessionId: "s1" }]);
    expect(sender.messages("scan")).toEqual(walkOf("snapshot"));
    expect(pipe.status().counters).toMatchObject({ rowsSent: 5, snapshotsCompleted: 1 });
  });

  it("reports what is in a refused pack as lost", async () => {
    const refused = new FustorError("SEND_FAILED", "row 3 makes no sense");
    const { sender, clock } = await start({
      prepare: (s) => {
        s.refusePack = refused;
      },
    });
    await clock.settle();
    const lost = sender.messages("realtime").flatMap((m) => (m.kind === "lost" ? [m.scope] : []));
    expect(lost.sort()).toEqual(["/a", "/b"]);
  });

  it("reads its walks where fields are left out, or the session has no packer", async () => {
    const partial = await start({ fields: ["size"] });
    const plain = await start({ packer: undefined });
    for (const { source, sender } of [partial, plain]) {
      expect(source.asked).toEqual([]);
      expect(sender.messages("scan")).toEqual(walkOf("snapshot"));
    }
  });

  class PackingScript extends ScriptedSource implements PackingSource {
    readonly asked: unknown[] = [];

    async *packedWalk(walk: "snapshot" | "audit", request: object, packing: Packing) {
      this.asked.push([walk, request, packing]);
      const [begin, end] = walkOf("snapshot");
      if (begin === undefined || end === undefined) throw new Error("a walk has two marks");
      const said: Delivery[] = [begin, pack, end];
      yield* said;
    }
  }

  class PackSender extends RecordingSender {
    packer: string | undefined = "packer:test";
    refusePack: Error | undefined;

    override async openSession(request: Parameters<RecordingSender["openSession"]>[0]) {
      const session: Session = await super.openSession(request);
      const send = async (batch: Batch, signal: AbortSignal) => {
        if (batch.pack !== undefined && this.refusePack !== undefined) throw this.refusePack;
        return session.send(batch, signal);
      };
      return { ...session, send, ...(this.packer === undefined ? {} : { packer: this.packer }) };
    }
  }

  interface StartOptions {
    readonly fields?: readonly string[];
    readonly packer?: undefined;
    readonly prepare?: (sender: PackSender) => void;
  }

  async function start({ prepare, ...options }: StartOptions = {}) {
    const [clock, source, sender] = [new ManualClock(), new PackingScript(), new PackSender()];
    if ("packer" in options) sender.packer = options.packer;
    prepare?.(sender);
    const pipe = createPipe({
      id: "pipe-1",
      source,
      sender,
      agentId: "agent-1",
      bootId: "boot-1",
      clock,
      random: () => 0.5,
      logger: silentLogger,
      ...(options.fields === undefined ? {} : { fields: options.fields }),
    });
    const stop = new AbortController();
    const ended = pipe.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await clock.advance(10_000);
      await ended;
    });
    for (let i = 0; i < 10; i += 1) await clock.advance(50);
    return { source, sender, pipe, clock };
  }
});
