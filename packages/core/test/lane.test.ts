import { FustorError, type Batch, type Message, type Session } from "@fustor/core";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { Lane } from "../src/host/lane.js";
import { Monitor } from "../src/host/monitor.js";
import { silentLogger } from "../src/logger.js";

const OBSERVED = { source: "realtime", startedAt: 1, endedAt: 2 } as const;

describe("a batch that is refused", () => {
  it("is divided until what is wrong is found, and the rest arrives in order", async () => {
    const rows = Array.from({ length: 100 }, (_, n) => `/f${String(n)}`);
    const { taken, refused, batches, counters } = await send([change(rows)], ["/f37"]);
    expect(taken).toEqual(rows.filter((path) => path !== "/f37"));
    expect(refused).toEqual([["/f37"]]);
    expect(batches.map(({ seq }) => seq)).toEqual(batches.map((_, index) => index + 1));
    expect(counters).toMatchObject({ batchesRefused: 1, retries: 0 });
  });

  it("is divided between its messages too", async () => {
    const messages = [change(["/a"]), change(["/b"]), change(["/c"], ["/gone"])];
    const { taken, refused } = await send(messages, ["/b", "/gone"]);
    expect(taken).toEqual(["/a", "/c"]);
    expect(refused).toEqual([["/b"], ["/gone"]]);
  });

  it("keeps with its moves what belongs to them", async () => {
    const moved = { ...change(["/to", "/bad"]), moves: [["/from", "/to"]] as const };
    const { taken, refused } = await send([change(["/a"]), moved], ["/bad"]);
    expect(taken).toEqual(["/a"]);
    expect(refused).toEqual([["/to", "/bad"]]);
  });

  it("is not divided for ever where all of it is wrong", async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => `/f${String(n)}`);
    const { taken, refused, attempts } = await send([change(rows)], rows);
    expect(taken).toEqual([]);
    expect(refused.flat()).toEqual(rows);
    expect(attempts).toBeLessThan(150);
  });
});

describe("the time that batches take", () => {
  it("is counted from the first attempt until each of them is taken", async () => {
    const { counters } = await send([change(["/a"])], [], 7);
    expect(counters).toMatchObject({ batchesSent: 1, sendMs: 7 });
  });
});

function change(upserts: readonly string[], deletes: readonly string[] = []) {
  const rows = upserts.map((path) => [path]);
  return { kind: "change", ...OBSERVED, upserts: { fields: ["path"], rows }, deletes } as const;
}

/** Sends one load to a receiver that refuses every batch with one of the `bad` keys, and takes `ms` for each. */
async function send(load: readonly Message[], bad: readonly string[], ms = 0) {
  const batches: Batch[] = [];
  const refused: string[][] = [];
  let attempts = 0;
  const isBad = new Set(bad);
  const session = {
    send: async (batch: Batch) => {
      attempts += 1;
      if (ms > 0) await clock.advance(ms);
      if (batch.messages.flatMap(keysOf).some((key) => isBad.has(key))) {
        throw new FustorError("SEND_FAILED", "this makes no sense");
      }
      batches.push(batch);
      return undefined;
    },
  };
  const clock = new ManualClock();
  const monitor = new Monitor("pipe", clock, silentLogger);
  let loads = [[...load]];
  const stop = new AbortController();
  const lane = new Lane<Message[]>({
    session: session as unknown as Session,
    stream: "realtime",
    waiting: {
      ready: (signal) =>
        loads.length > 0
          ? Promise.resolve()
          : new Promise((_, reject) => {
              signal.addEventListener("abort", () => {
                reject(signal.reason as Error);
              });
            }),
      take: () => {
        const [next = []] = loads;
        loads = [];
        return next;
      },
    },
    batchRowsMax: 10_000,
    clock,
    random: () => 0,
    monitor,
    onTaken: () => undefined,
    onRefused: (part) => refused.push(part.flatMap(keysOf)),
    onUnsent: () => undefined,
  });
  const running = lane.run(stop.signal).catch(() => undefined);
  await lane.idle(stop.signal, () => loads.length === 0);
  stop.abort(new Error("enough"));
  await running;
  const taken = batches.flatMap(({ messages }) => messages.flatMap(keysOf));
  return { taken, refused, batches, attempts, counters: monitor.counters };
}

function keysOf(message: Message): string[] {
  if (message.kind !== "change") return [];
  return [...message.deletes, ...message.upserts.rows.map(([key]) => String(key))];
}
