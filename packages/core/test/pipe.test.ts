import {
  FustorError,
  silentLogger,
  type DescribeRequest,
  type Message,
  type Pipe,
  type Row,
  type SenderDriver,
  type SessionPolicy,
} from "@fustor/core";
import { createPipe, type PipeOptions } from "@fustor/core/host";
import {
  changeOf,
  digestOf,
  listingOf,
  ManualClock,
  RecordingSender,
  ScriptedSource,
  walkOf,
  type ScriptedSourceOptions,
} from "@fustor/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { AuditPlan } from "../src/host/audit-plan.js";

const unreachable = new FustorError("SEND_FAILED", "nobody answers", { retryable: true });
const refused = new FustorError("SEND_FAILED", "row 3 makes no sense");
const crash = new FustorError("SOURCE_CRASHED", "The source ended.", { retryable: true });

interface Setup {
  readonly source: ScriptedSource;
  readonly sender: RecordingSender;
  readonly clock: ManualClock;
  readonly pipe: Pipe;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

const setups: Setup[] = [];
const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

afterEach(async () => {
  for (const { stop, clock, ended } of setups.splice(0)) {
    stop.abort();
    await clock.advance(10_000);
    await ended;
  }
  expect(rejections).toEqual([]);
});

describe("a pipe's beginning", () => {
  it("opens a session that says what the source is and can do", async () => {
    const { sender } = await start({ scan: () => [] });
    expect(sender.requests).toMatchObject([
      {
        agentId: "agent-1",
        bootId: "boot-1",
        pipeId: "pipe-1",
        source: { schema: "scripted", uri: "scripted://test" },
        capabilities: ["scan"],
      },
    ]);
  });

  it("watches before it walks", async () => {
    const { source, sender, pipe } = await start();
    expect(source.calls).toEqual(["describe", "watch", "snapshot"]);
    expect(sender.messages("scan")).toEqual(walkOf("snapshot"));
    expect(pipe.status()).toMatchObject({ state: "running", role: "leader", phase: "idle" });
    expect(pipe.status().counters).toMatchObject({ sessionsOpened: 1, snapshotsCompleted: 1 });
  });

  it("puts up its watch while a session is opened, and tells it what was seen meanwhile", async () => {
    const { source, sender, clock, pipe } = await start(
      {},
      {
        prepare: ({ sender }) => {
          sender.failOpens(unreachable);
        },
      },
    );
    expect(pipe.status()).toMatchObject({ watching: true, sessionId: undefined });
    expect(source.calls).toEqual(["describe", "watch"]);
    source.emit(changeOf({ upserts: { "/early": 1 } }));
    await clock.advance(1_000);
    expect(sender.messages("realtime")).toEqual([changeOf({ upserts: { "/early": 1 } })]);
    expect(source.calls).toEqual(["describe", "watch", "snapshot"]);
  });

  it("lets changes flow while a snapshot is stuck", async () => {
    const { source, sender, clock, pipe } = await start(
      { snapshot: () => walkOf("snapshot", [listingOf("/", { a: 1 })]) },
      {
        prepare: ({ sender }) => {
          sender.hold("scan");
        },
      },
    );
    source.emit(changeOf({ upserts: { "/b": 1 } }));
    await clock.settle();
    expect(sender.messages("realtime")).toEqual([changeOf({ upserts: { "/b": 1 } })]);
    expect(pipe.status().phase).toBe("snapshot");
    expect(pipe.status().counters.snapshotsCompleted).toBe(0);
  });

  it("says since when it walks and what it has sent meanwhile, and nothing while it rests", async () => {
    const { clock, sender, pipe } = await start(
      { snapshot: () => walkOf("snapshot", [listingOf("/", { a: 1 })]) },
      {
        prepare: ({ sender }) => {
          sender.hold("scan");
        },
      },
    );
    const startedAt = pipe.status().walk?.startedAt;
    await clock.advance(5_000);
    expect(pipe.status().walk).toEqual({ startedAt, rowsSent: 0 });
    expect(clock.now() - (startedAt ?? 0)).toBeGreaterThanOrEqual(5_000);
    sender.release("scan");
    await clock.settle();
    expect(pipe.status().phase).toBe("idle");
    expect(pipe.status().walk).toBeUndefined();
  });

  it("never walks as a follower", async () => {
    const { source, clock } = await start(
      { audit: () => walkOf("audit") },
      { role: "follower", auditIntervalMs: 1_000 },
    );
    await clock.advance(60_000);
    expect(source.calls).toEqual(["describe", "watch"]);
  });

  it("keeps trying to describe a source that is not there, and says so", async () => {
    const missing = new FustorError("SOURCE_UNAVAILABLE", "/data is missing", { retryable: true });
    const { pipe, clock, sender } = await start(
      {},
      {
        prepare: ({ source }) => {
          source.failNext("describe", missing);
        },
      },
    );
    expect(pipe.status()).toMatchObject({
      state: "retrying",
      problem: { code: "SOURCE_UNAVAILABLE", message: "/data is missing" },
    });
    expect(sender.requests).toHaveLength(0);
    await clock.advance(15_000);
    expect(pipe.status()).toMatchObject({ state: "running", problem: undefined });
  });

  it("says anew what is there after it was refused for showing another root", async () => {
    const strange = new FustorError("ROOT_MISMATCH", "an empty folder", { retryable: true });
    let landmarks: readonly Row[] = [];
    const requests: unknown[] = [];
    const { pipe, sender, clock } = await start(
      {},
      {
        prepare: ({ source, sender }) => {
          source.describe = async (_signal?: AbortSignal, request?: DescribeRequest) => {
            requests.push(request);
            return { ...source.description, landmarks };
          };
          sender.failOpens(strange);
        },
      },
    );
    expect(pipe.status()).toMatchObject({ problem: { code: "ROOT_MISMATCH" } });
    landmarks = [["/a", "f", 1]];
    await clock.advance(15_000);
    expect(pipe.status()).toMatchObject({ state: "running", problem: undefined });
    expect(sender.requests.map(({ source }) => source.landmarks)).toEqual([[], [["/a", "f", 1]]]);
    // Nobody has taken the first one: it binds nobody.
    expect(requests).toEqual([undefined, { anew: true }]);
  });

  it("says so when a source never answers", async () => {
    const { pipe, source, clock } = await start(
      {},
      {
        prepare: ({ source }) => {
          source.describe = () => new Promise(() => undefined);
        },
      },
    );
    expect(pipe.status().state).toBe("starting");
    await clock.advance(30_000);
    expect(pipe.status()).toMatchObject({
      state: "retrying",
      problem: { code: "SOURCE_UNAVAILABLE" },
    });
    source.describe = async () => source.description;
    await clock.advance(60_000);
    expect(pipe.status().state).toBe("running");
  });

  it("keeps trying to open a session, each time a little later, and says why", async () => {
    const { pipe, clock, sender } = await start(
      {},
      {
        prepare: ({ sender }) => {
          sender.failOpens(...Array<Error>(12).fill(unreachable));
        },
      },
    );
    expect(pipe.status()).toMatchObject({ state: "retrying", problem: { code: "SEND_FAILED" } });
    // Half of 500 ms, 1 s, 2 s, 4 s, 8 s, then of 15 s at most.
    await clock.advance(7_749);
    expect(sender.requests).toHaveLength(5);
    await clock.advance(1);
    expect(sender.requests).toHaveLength(6);
    await clock.advance(60_000);
    expect(pipe.status()).toMatchObject({ state: "running", problem: undefined });
  });

  it("waits at least as long as the receiver asks", async () => {
    const busy = new FustorError("SEND_FAILED", "busy", { retryable: true, retryAfterMs: 40_000 });
    const { clock, sender } = await start(
      {},
      {
        prepare: ({ sender }) => {
          sender.failOpens(busy);
        },
      },
    );
    await clock.advance(39_999);
    expect(sender.requests).toHaveLength(1);
    await clock.advance(501);
    expect(sender.requests).toHaveLength(2);
  });
});

describe("a pipe's role", () => {
  it("takes a snapshot when it is promoted", async () => {
    const { source, sender, clock, pipe } = await start({}, { role: "follower" });
    sender.role = "leader";
    await clock.advance(10_000);
    expect(source.calls).toEqual(["describe", "watch", "snapshot"]);
    expect(pipe.status().role).toBe("leader");
  });

  it("stops walking when it is demoted", async () => {
    let aborted = false;
    const { sender, clock, pipe } = await start(
      {
        snapshot: async function* (signal) {
          yield* walkOf("snapshot").slice(0, 1);
          await new Promise((resolve) => {
            signal.addEventListener("abort", resolve);
          });
          aborted = true;
        },
      },
      {},
    );
    expect(pipe.status().phase).toBe("snapshot");
    sender.role = "follower";
    await clock.advance(10_000);
    expect(aborted).toBe(true);
    expect(pipe.status()).toMatchObject({ role: "follower", phase: "idle", state: "running" });
    expect(pipe.status().counters.snapshotsCompleted).toBe(0);
  });

  it("audits as often as the policy says", async () => {
    const { source, clock, pipe } = await start(
      { audit: () => walkOf("audit") },
      { auditIntervalMs: 60_000 },
    );
    await clock.advance(59_999);
    expect(source.calls.filter((call) => call === "audit")).toHaveLength(0);
    await clock.advance(60_002);
    expect(source.calls.filter((call) => call === "audit")).toHaveLength(2);
    expect(pipe.status().counters.auditsCompleted).toBe(2);
  });

  it("scans what the receiver asks for, each scope once", async () => {
    const { source, sender, clock } = await start(
      { scan: ({ scope }) => walkOf("scan", [listingOf(scope)], "w2", scope) },
      { role: "follower" },
    );
    const ask = (scope: string, recursive: boolean) => ({ scope, recursive });
    sender.askScans(ask("/a/b", false), ask("/a", true), ask("/a", true), ask("/c", false));
    await clock.advance(10_000);
    expect(source.calls.slice(2)).toEqual(["scan /a", "scan /c"]);
    expect(sender.messages("scan")).toHaveLength(6);
  });

  it("marks a scan that is a job with its id, each for itself", async () => {
    const { sender, clock } = await start(
      { scan: ({ scope }) => walkOf("scan", [listingOf(scope)], "w2", scope) },
      { role: "follower" },
    );
    sender.askScans(
      { scope: "/a", recursive: true, id: "one" },
      { scope: "/a", recursive: true, id: "two" },
    );
    await clock.advance(10_000);
    const marks = sender.messages("scan").filter(({ kind }) => kind === "mark");
    expect(marks.map((mark) => "id" in mark && mark.id)).toEqual(["one", "one", "two", "two"]);
  });

  it("ends a job that is not wanted any more, and goes on with the next", async () => {
    const scan = async function* ({ scope }: { scope: string }, signal: AbortSignal) {
      const [begin, ...rest] = walkOf("scan", [listingOf(scope)], "w2", scope);
      if (begin !== undefined) yield begin;
      if (scope === "/stuck") {
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
        });
        return;
      }
      yield* rest;
    };
    const { sender, clock } = await start({ scan }, { role: "follower" });
    sender.askScans(
      { scope: "/stuck", recursive: false, id: "one" },
      { scope: "/b", recursive: false, id: "two" },
      { scope: "/c", recursive: false, id: "three" },
    );
    await clock.advance(10_000);
    sender.said = { cancels: ["one", "two", "unknown"] };
    await clock.advance(10_000);
    const marks = sender.messages("scan").filter(({ kind }) => kind === "mark");
    expect(marks.map((mark) => "id" in mark && mark.id)).toEqual(["one", "three", "three"]);
  });

  it("says which job failed, and why, until a heartbeat was answered", async () => {
    const scan = () => {
      throw new Error("It is on fire.");
    };
    const { sender, clock } = await start({ scan }, { role: "follower" });
    sender.askScans({ scope: "/a", recursive: false, id: "one" });
    await clock.advance(10_000);
    sender.failHeartbeats(new FustorError("SEND_FAILED", "no", { retryable: true }));
    const before = sender.heartbeats.length;
    await clock.advance(30_000);
    const told = sender.heartbeats.slice(before).map(({ failedScans }) => failedScans);
    const failed = [{ id: "one", error: "It is on fire." }];
    expect(told.slice(0, 3)).toEqual([failed, failed, []]);
  });
});

describe("what a receiver wants listed after a batch", () => {
  it.each(["realtime", "scan"] as const)("is scanned when the batch was %s", async (stream) => {
    const scan = ({ scope }: { scope: string }) => walkOf("scan", [listingOf(scope)], "w2", scope);
    const { source, sender, clock } = await start({ scan });
    const count = sender.messages("scan").length;
    sender.wantListings({ scope: "/d", recursive: false });
    if (stream === "realtime") source.emit(changeOf({ upserts: { "/a": 1 } }));
    else sender.askScans({ scope: "/c", recursive: false });
    await clock.advance(20_000);
    expect(source.calls.at(-1)).toBe("scan /d");
    expect(sender.messages("scan").length - count).toBe(stream === "realtime" ? 1 : 4);
  });
});

describe("what a receiver doubts", () => {
  const probe = (keys: readonly string[]) => [changeOf({ source: "sentinel", deletes: keys })];

  it("is looked at by the leader, and told beside a walk that is stuck", async () => {
    const stuck = async function* (signal: AbortSignal) {
      yield* walkOf("snapshot").slice(0, 1);
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
    };
    const { source, sender, clock, pipe } = await start({ probe, snapshot: stuck });
    sender.askProbes("/a", "/b", "/a");
    await clock.advance(10_020);
    expect(pipe.status().phase).toBe("snapshot");
    expect(source.calls.at(-1)).toBe("probe /a /b");
    expect(sender.messages("scan").at(-1)).toEqual(probe(["/a", "/b"])[0]);
    expect(sender.requests[0]?.capabilities).toEqual(["probe"]);
  });

  it("is nothing to a follower", async () => {
    const { source, sender, clock } = await start({ probe }, { role: "follower" });
    sender.askProbes("/a");
    await clock.advance(20_000);
    expect(source.calls).not.toContain("probe /a");
  });

  it("is forgotten by a leader that steps down, and looked at by one that leads again", async () => {
    const told: string[] = [];
    const slow = async function* (keys: readonly string[], signal: AbortSignal) {
      told.push(`begun ${keys.join(" ")}`);
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      told.push("aborted");
      yield* probe(keys);
    };
    const { sender, clock } = await start({ probe: slow });
    sender.askProbes("/a");
    await clock.advance(10_000);
    sender.role = "follower";
    sender.askProbes("/b");
    await clock.advance(10_000);
    expect(told).toEqual(["begun /a", "aborted"]);
    sender.role = "leader";
    sender.askProbes("/c");
    await clock.advance(10_000);
    expect(told.at(-1)).toBe("begun /c");
    expect(sender.messages("scan").filter(({ source }) => source === "sentinel")).toEqual([]);
  });

  it("stays in doubt when the source fails, and harms nothing else", async () => {
    const { source, sender, clock, pipe } = await start({ probe });
    source.failNext("probe", crash);
    sender.askProbes("/a");
    await clock.advance(10_000);
    sender.askProbes("/b");
    await clock.advance(10_020);
    expect(sender.messages("scan").at(-1)).toEqual(probe(["/b"])[0]);
    expect(pipe.status().state).toBe("running");
  });

  it("brings the next heartbeat as soon as the receiver says", async () => {
    const { sender, clock } = await start();
    sender.said = { nextMs: 1_000 };
    await clock.advance(10_000);
    const before = sender.heartbeats.length;
    await clock.advance(5_000);
    expect(sender.heartbeats.length - before).toBe(5);
    sender.said = { nextMs: 1 };
    await clock.advance(1_000);
    const hurried = sender.heartbeats.length;
    await clock.advance(1_000);
    expect(sender.heartbeats.length - hurried).toBe(5);
  });
});

describe("walks by digest", () => {
  const digests = { digests: true } as const;
  const scan = ({ scope }: { scope: string }) =>
    walkOf("scan", [listingOf(scope, { f: 1 }, { source: "on_demand" })], "w2", scope);
  const byDigest: ScriptedSourceOptions = {
    scan,
    snapshot: (_, request) =>
      walkOf("snapshot", [
        request.digests === true ? digestOf("/", "0".repeat(16)) : listingOf("/"),
      ]),
    audit: () => walkOf("audit", [digestOf("/", "0".repeat(16))]),
  };

  it.each([
    ["a receiver that has the rows", { ...digests, known: true }, "snapshot by digest"],
    ["one that has none", digests, "snapshot"],
    ["one that compares no digests", { known: true }, "snapshot"],
  ])("are for %s", async (_, policy, call) => {
    const { source } = await start(byDigest, { policy });
    expect(source.calls).toContain(call);
  });

  it("are not for a pipe that leaves fields out, nor for a source that cannot scan", async () => {
    const policy = { ...digests, known: true };
    const some = await start(byDigest, { policy, fields: ["size"] });
    expect(some.source.calls).toContain("snapshot");
    const plain = await start({}, { policy });
    expect(plain.source.calls).toContain("snapshot");
  });

  it("are the audits after a first snapshot by rows", async () => {
    const { source, clock } = await start(byDigest, { policy: digests, auditIntervalMs: 60_000 });
    await clock.advance(60_100);
    expect(source.calls.slice(2)).toEqual(["snapshot", "audit by digest"]);
  });

  it("are what a follower does that is promoted where all is known by now", async () => {
    const { source, sender, clock } = await start(byDigest, { policy: digests, role: "follower" });
    sender.role = "leader";
    sender.said = { known: true };
    await clock.advance(10_000);
    expect(source.calls.at(-1)).toBe("snapshot by digest");
  });

  it("end after what they made the receiver want was listed and taken", async () => {
    const { source, sender, clock } = await start(byDigest, {
      policy: { ...digests, known: true },
      prepare: ({ sender: receiver }) => {
        receiver.wantListings({ scope: "/d", recursive: false });
      },
    });
    await clock.advance(100);
    expect(source.calls.slice(2)).toEqual(["snapshot by digest", "scan /d"]);
    const [begin, end] = walkOf("snapshot");
    expect(sender.messages("scan")).toEqual([
      begin,
      digestOf("/", "0".repeat(16)),
      listingOf("/d", { f: 1 }, { source: "on_demand" }),
      end,
    ]);
  });

  it("do not end when what the receiver wants cannot be listed, and are done again", async () => {
    const { source, sender, clock, pipe } = await start(byDigest, {
      policy: { ...digests, known: true },
      prepare: (setup) => {
        setup.sender.wantListings({ scope: "/d", recursive: false });
        setup.source.failNext("scan", crash);
      },
    });
    await clock.advance(100);
    expect(sender.messages("scan").filter(isEnd)).toEqual([]);
    expect(pipe.status()).toMatchObject({ state: "retrying" });
    await clock.advance(5_000);
    expect(source.calls.filter((call) => call === "snapshot by digest")).toHaveLength(2);
    expect(sender.messages("scan").filter(isEnd)).toHaveLength(1);
  });

  it("list everything when the receiver wants more than can be kept in mind", async () => {
    const { source, clock } = await start(byDigest, {
      policy: { ...digests, known: true },
      prepare: ({ sender }) => {
        const scopes = Array.from({ length: 10_001 }, (_, n) => `/d${String(n)}`);
        sender.wantListings(...scopes.map((scope) => ({ scope, recursive: false })));
      },
    });
    await clock.advance(100);
    expect(source.calls.slice(3)).toEqual(["scan /"]);
  });
});

describe("audits", () => {
  const audit = () => walkOf("audit");
  const countAudits = ({ calls }: ScriptedSource) =>
    calls.filter((call) => call === "audit").length;

  it("come as often as nothing may go unlooked at, if that is more often", async () => {
    const policy = { maxStalenessMs: 20_000 };
    const { source, clock } = await start({ audit }, { policy, auditIntervalMs: 60_000 });
    await clock.advance(60_000);
    expect(countAudits(source)).toBe(3);
  });

  it("come earlier by what two walks take", async () => {
    const clock = new ManualClock();
    const plan = new AuditPlan({ timeoutMs: 1, auditIntervalMs: 0, maxStalenessMs: 20_000 }, clock);
    plan.plan(4_000);
    expect(plan.dueAt).toBe(clock.now() + 12_000);
    plan.plan(40_000);
    expect(plan.dueAt).toBe(clock.now() + 1_000);
  });

  it("do not come where nobody wants any", async () => {
    const { source, clock } = await start({ audit }, { auditIntervalMs: 0 });
    await clock.advance(1_000_000);
    expect(countAudits(source)).toBe(0);
  });

  it("that fail are tried again soon, and not counted, nor ended", async () => {
    const { source, sender, clock, pipe } = await start({ audit }, { auditIntervalMs: 60_000 });
    source.failNext("audit", crash);
    await clock.advance(60_001);
    expect(pipe.status().counters.auditsCompleted).toBe(0);
    await clock.advance(2_000);
    expect(countAudits(source)).toBe(2);
    expect(pipe.status().counters.auditsCompleted).toBe(1);
    expect(sender.messages("scan").filter(isEnd)).toHaveLength(2);
  });

  it("without an end count as failed", async () => {
    const { clock, pipe } = await start(
      { audit: () => walkOf("audit").slice(0, 1) },
      { auditIntervalMs: 60_000 },
    );
    await clock.advance(60_001);
    expect(pipe.status().counters.auditsCompleted).toBe(0);
    expect(pipe.status().problem).toMatchObject({ code: "SOURCE_UNAVAILABLE" });
  });

  it("end with the leadership, and a new one begins with a snapshot", async () => {
    let isAborted = false;
    const stuck = async function* (signal: AbortSignal) {
      yield* walkOf("audit").slice(0, 1);
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      isAborted = true;
    };
    const { source, sender, clock } = await start({ audit: stuck }, { auditIntervalMs: 60_000 });
    await clock.advance(60_001);
    sender.role = "follower";
    await clock.advance(600_000);
    expect(isAborted).toBe(true);
    expect(countAudits(source)).toBe(1);
    expect(sender.messages("scan").filter(isEnd)).toHaveLength(1);
    sender.role = "leader";
    await clock.advance(10_000);
    expect(source.calls.slice(2)).toEqual(["snapshot", "audit", "snapshot"]);
  });
});

describe("a pipe's heartbeats", () => {
  it("come at once, and then three times per time-out", async () => {
    const { sender, clock } = await start();
    const before = sender.heartbeats.length;
    expect(before).toBeGreaterThan(0);
    await clock.advance(30_000);
    expect(sender.heartbeats.length - before).toBe(3);
    expect(sender.heartbeats.at(-1)?.canRealtime).toBe(true);
  });

  it("go on while both streams hang", async () => {
    const { source, sender, clock } = await start(
      {},
      {
        prepare: ({ sender }) => {
          sender.hold("scan");
          sender.hold("realtime");
        },
      },
    );
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    const before = sender.heartbeats.length;
    await clock.advance(30_000);
    expect(sender.heartbeats.length - before).toBe(3);
  });

  it("are sent again when they get no answer", async () => {
    const { sender, clock, pipe } = await start();
    sender.holdHeartbeats();
    const before = sender.heartbeats.length;
    await clock.advance(60_000);
    expect(sender.heartbeats.length - before).toBeGreaterThan(2);
    expect(pipe.status()).toMatchObject({ state: "retrying", problem: { code: "SEND_FAILED" } });
  });

  it("end a session that the receiver has forgotten", async () => {
    const { sender, clock, source } = await start();
    sender.loseSession();
    await clock.advance(10_000);
    expect(sender.requests).toHaveLength(2);
    expect(source.calls.filter((call) => call === "snapshot")).toHaveLength(2);
  });
});

describe("a pipe's streams", () => {
  it("count from 1, each by itself", async () => {
    const { source, sender, clock } = await start();
    for (const n of [1, 2, 3]) {
      source.emit(changeOf({ upserts: { [`/${String(n)}`]: n } }));
      await clock.settle();
    }
    const seqs = (stream: string) =>
      sender.batches.filter((batch) => batch.stream === stream).map(({ seq }) => seq);
    expect(seqs("realtime")).toEqual([1, 2, 3]);
    expect(seqs("scan")[0]).toBe(1);
  });

  it("send a failed batch again under the same number until it is taken", async () => {
    const { source, sender, clock, pipe } = await start();
    sender.failSends("realtime", ...Array<Error>(8).fill(unreachable));
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    source.emit(changeOf({ upserts: { "/b": 1 } }));
    expect(pipe.status()).toMatchObject({ state: "retrying", problem: { code: "SEND_FAILED" } });
    await clock.advance(60_000);
    const tries = sender.attempts.filter(({ stream }) => stream === "realtime");
    expect(tries.slice(0, 9).map(({ seq }) => seq)).toEqual(Array<number>(9).fill(1));
    expect(new Set(tries.slice(0, 9).map(({ messages }) => JSON.stringify(messages))).size).toBe(1);
    expect(sender.messages("realtime")).toEqual([
      changeOf({ upserts: { "/a": 1 } }),
      changeOf({ upserts: { "/b": 1 } }),
    ]);
    expect(pipe.status()).toMatchObject({ state: "running", problem: undefined });
    expect(pipe.status().counters.retries).toBe(8);
  });

  it("report the scopes of a refused batch as lost and go on under the same number", async () => {
    const { source, sender, clock, pipe } = await start();
    // The batch, and each half of it.
    sender.failSends("realtime", refused, refused, refused);
    source.emit(changeOf({ upserts: { "/a/b": 1 }, deletes: ["/c/d"] }));
    await clock.settle();
    source.emit(changeOf({ upserts: { "/e": 1 } }));
    await clock.settle();
    expect(lostScopes(sender).sort()).toEqual(["/a", "/c"]);
    expect(sender.messages("realtime")).toContainEqual(changeOf({ upserts: { "/e": 1 } }));
    expect(sender.batches.find(({ stream }) => stream === "realtime")?.seq).toBe(1);
    expect(pipe.status().counters).toMatchObject({ batchesRefused: 1, lostReported: 2 });
    expect(pipe.status().state).toBe("running");
  });

  it("carry several listings in one batch, and at most so many rows", async () => {
    const listings = Array.from({ length: 300 }, (_, n) => listingOf(`/${String(n)}`, { a: 1 }));
    const { sender, clock } = await start(
      { snapshot: () => walkOf("snapshot", listings) },
      { batchRowsMax: 100 },
    );
    await clock.settle();
    expect(sender.messages("scan")).toEqual(walkOf("snapshot", listings));
    const sizes = sender.batches.map(({ messages }) => messages.length);
    expect(Math.max(...sizes)).toBe(50);
    expect(sizes.length).toBeLessThan(20);
  });

  it("pull a snapshot only as fast as it can be sent", async () => {
    let pulled = 0;
    const { sender, clock } = await start(
      {
        snapshot: function* () {
          for (; pulled < 10_000; pulled += 1) yield listingOf(`/${String(pulled)}`, { a: 1 });
        },
      },
      {
        batchRowsMax: 100,
        prepare: ({ sender }) => {
          sender.hold("scan");
        },
      },
    );
    await clock.advance(5_000);
    expect(pulled).toBeLessThan(300);
    sender.release("scan");
    for (let i = 0; i < 100 && pulled < 10_000; i += 1) await clock.settle();
    expect(pulled).toBe(10_000);
  });

  it("carry only the fields that are wanted, and the keys", async () => {
    const row = changeOf({ upserts: { "/a": 1 } });
    const { source, sender, clock } = await start({}, { fields: ["colour"] });
    source.emit(row);
    await clock.settle();
    expect(sender.messages("realtime")).toEqual([
      { ...row, upserts: { fields: ["path"], rows: [["/a"]] } },
    ]);
  });
});

describe("a lost session", () => {
  it("is opened anew at once, with what was under way sent again and a new snapshot", async () => {
    const { source, sender, clock, pipe } = await start();
    sender.hold("realtime");
    source.emit(changeOf({ upserts: { "/a": 1, "/b": 1 } }));
    await clock.settle();
    source.emit(changeOf({ upserts: { "/b": 2 } }));
    await clock.settle();
    sender.loseSession();
    sender.release("realtime");
    await clock.settle();
    await clock.settle();
    expect(sender.requests).toHaveLength(2);
    expect(sender.messages("realtime")).toEqual([
      changeOf({ upserts: { "/a": 1 } }),
      changeOf({ upserts: { "/b": 2 } }),
    ]);
    expect(sender.batches.at(-1)?.sessionId).toBe("s2");
    expect(source.calls.filter((call) => call === "snapshot")).toHaveLength(2);
    expect(source.calls.filter((call) => call === "watch")).toHaveLength(1);
    expect(pipe.status().counters.sessionsOpened).toBe(2);
  });

  it("does not make a receiver that forgets every session spin", async () => {
    const { sender, clock, source } = await start();
    const open = sender.openSession.bind(sender);
    sender.openSession = async (request) => {
      const session = await open(request);
      sender.loseSession();
      return session;
    };
    sender.loseSession();
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    for (let turn = 0; turn < 20; turn += 1) await clock.settle();
    expect(sender.requests).toHaveLength(2);
    await clock.advance(250);
    expect(sender.requests).toHaveLength(3);
  });

  it("loses nothing that happens until there is another", async () => {
    const { source, sender, clock } = await start();
    sender.failOpens(unreachable, unreachable);
    sender.loseSession();
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    source.emit(changeOf({ upserts: { "/b": 1 } }));
    await clock.advance(10_000);
    expect(sender.messages("realtime")).toEqual([
      changeOf({ upserts: { "/a": 1 } }),
      changeOf({ upserts: { "/b": 1 } }),
    ]);
  });

  it("ends by a wrong key too, which is tried again later", async () => {
    const wrong = new FustorError("UNAUTHORIZED", "The key is not known.");
    const { source, sender, clock, pipe } = await start();
    sender.failSends("realtime", wrong);
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    expect(pipe.status()).toMatchObject({ state: "retrying", problem: { code: "UNAUTHORIZED" } });
    await clock.advance(1_000);
    expect(sender.messages("realtime")).toEqual([changeOf({ upserts: { "/a": 1 } })]);
    expect(pipe.status().state).toBe("running");
  });
});

describe("a full buffer", () => {
  const flood = (n: number) =>
    Array.from({ length: n }, (_, i) => changeOf({ upserts: { [`/d/${String(i)}`]: i } }));

  it("becomes a gap that is reported and then scanned", async () => {
    const { source, sender, clock } = await start(
      { scan: ({ scope }) => walkOf("scan", [listingOf(scope)], "w2", scope) },
      { bufferRowsMax: 50, role: "follower" },
    );
    sender.hold("realtime");
    source.emit(changeOf({ upserts: { "/first": 1 } }));
    await clock.settle();
    source.emit(...flood(60));
    await clock.settle();
    expect(source.calls).not.toContain("scan /d");
    sender.release("realtime");
    await clock.advance(1_000);
    expect(lostScopes(sender)).toEqual(["/d"]);
    expect(source.calls.at(-1)).toBe("scan /d");
    // What came after the collapse is sent as it is.
    expect(sender.messages("realtime")).toContainEqual(flood(60).at(-1));
    const order = sender.messages().map((m) => (m.kind === "mark" ? m.edge : m.kind));
    expect(order.indexOf("lost")).toBeLessThan(order.indexOf("begin"));
  });

  it("makes the leader of a source that cannot scan take a new snapshot", async () => {
    const { source, sender, clock } = await start({}, { bufferRowsMax: 50 });
    sender.hold("realtime");
    source.emit(changeOf({ upserts: { "/first": 1 } }));
    await clock.settle();
    source.emit(...flood(60));
    await clock.settle();
    sender.release("realtime");
    await clock.advance(1_000);
    expect(lostScopes(sender)).toEqual(["/d"]);
    expect(source.calls.filter((call) => call === "snapshot")).toHaveLength(2);
  });
});

describe("a source that fails", () => {
  it("leaves the session open, reports everything as lost, and is watched and walked again", async () => {
    const { source, sender, clock, pipe } = await start();
    source.breakWatch(crash);
    await clock.settle();
    expect(pipe.status()).toMatchObject({ state: "retrying", watching: false, sessionId: "s1" });
    expect(sender.heartbeats.at(-1)?.canRealtime).toBe(false);
    expect(lostScopes(sender)).toEqual(["/"]);
    await clock.advance(15_000);
    expect(source.calls.slice(3)).toEqual(["describe", "watch", "snapshot"]);
    expect(pipe.status()).toMatchObject({ state: "running", watching: true });
    expect(pipe.status().counters.sourceRestarts).toBe(1);
    expect(sender.heartbeats.at(-1)?.canRealtime).toBe(true);
    expect(sender.requests).toHaveLength(1);
  });

  it("is given more and more time when its watch cannot be put up", async () => {
    const { source, clock } = await start(
      {},
      {
        prepare: ({ source }) => {
          for (let n = 0; n < 5; n += 1) source.failNext("watch", crash);
        },
      },
    );
    const watches = () => source.calls.filter((call) => call === "watch").length;
    // Half of 500 ms, then of 1 s.
    expect(watches()).toBe(1);
    await clock.advance(250);
    expect(watches()).toBe(2);
    await clock.advance(499);
    expect(watches()).toBe(2);
    await clock.advance(1);
    expect(watches()).toBe(3);
  });

  it("gets a new session when it comes back as something else", async () => {
    const { source, sender, clock } = await start();
    source.description = { ...source.description, identity: "another disk" };
    source.breakWatch(crash);
    await clock.advance(15_000);
    expect(sender.requests.map((request) => request.source.identity)).toEqual([
      "scripted",
      "another disk",
    ]);
    expect(sender.closedSessions).toEqual(["s1"]);
  });

  it("is walked again until a snapshot is whole", async () => {
    const { source, clock, pipe } = await start(
      {},
      {
        prepare: ({ source }) => {
          source.failNext("snapshot", crash);
          source.failNext("snapshot", crash);
        },
      },
    );
    expect(pipe.status()).toMatchObject({ state: "retrying", problem: { code: "SOURCE_CRASHED" } });
    await clock.advance(60_000);
    expect(source.calls.filter((call) => call === "snapshot")).toHaveLength(3);
    expect(pipe.status()).toMatchObject({ state: "running" });
    expect(pipe.status().counters.snapshotsCompleted).toBe(1);
  });

  it("may throw in status without anybody noticing", async () => {
    const { source, pipe } = await start();
    source.status = () => {
      throw new Error("no figures today");
    };
    expect(pipe.status().source).toEqual({});
  });
});

describe("a pipe's end", () => {
  it("sends what it still holds, then closes the session", async () => {
    const { source, sender, clock, pipe, stop, ended } = await start();
    sender.hold("realtime");
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    source.emit(changeOf({ upserts: { "/b": 1 } }));
    await clock.settle();
    stop.abort();
    await clock.advance(1_000);
    expect(pipe.status().state).not.toBe("stopped");
    sender.release("realtime");
    await clock.settle();
    await ended;
    expect(sender.messages("realtime")).toHaveLength(2);
    expect(sender.closedSessions).toEqual(["s1"]);
    expect(pipe.status().state).toBe("stopped");
  });

  it("does not wait for ever for a receiver that hangs", async () => {
    const { source, sender, clock, stop, ended } = await start();
    sender.hold("realtime");
    source.emit(changeOf({ upserts: { "/a": 1 } }));
    await clock.settle();
    stop.abort();
    await clock.advance(2_000);
    await ended;
    expect(sender.closedSessions).toEqual(["s1"]);
  });

  it.each<[string, (setup: Pick<Setup, "source" | "sender">) => void]>([
    [
      "the source cannot be described",
      ({ source }) => {
        source.failNext("describe", crash);
      },
    ],
    [
      "no session can be opened",
      ({ sender }) => {
        sender.failOpens(unreachable);
      },
    ],
    [
      "the watch cannot be put up",
      ({ source }) => {
        source.failNext("watch", crash);
      },
    ],
    [
      "a snapshot is stuck",
      ({ sender }) => {
        sender.hold("scan");
      },
    ],
    [
      "a heartbeat hangs",
      ({ sender }) => {
        sender.holdHeartbeats();
      },
    ],
    [
      "a walk rests after a failure",
      ({ source }) => {
        source.failNext("snapshot", crash);
      },
    ],
  ])("comes when %s", async (_, prepare) => {
    const { pipe, clock, stop, ended } = await start({}, { prepare });
    stop.abort();
    await clock.advance(2_000);
    await ended;
    expect(pipe.status().state).toBe("stopped");
  });

  it("closes a sender that the pipe opened, and no other", async () => {
    const shared = await start();
    const own = await start({}, { ownSender: true });
    for (const { stop, clock, ended } of [shared, own]) {
      stop.abort();
      await clock.advance(2_000);
      await ended;
    }
    expect([shared.sender.closed, own.sender.closed]).toEqual([false, true]);
    expect(shared.source.closed).toBe(false);
  });
});

function isEnd(message: Message): boolean {
  return message.kind === "mark" && message.edge === "end";
}

interface StartOptions {
  readonly policy?: Partial<SessionPolicy>;
  readonly role?: "leader" | "follower";
  readonly auditIntervalMs?: number;
  readonly bufferRowsMax?: number;
  readonly batchRowsMax?: number;
  readonly fields?: readonly string[];
  readonly ownSender?: boolean;
  readonly prepare?: (setup: Pick<Setup, "source" | "sender">) => void;
}

/** A pipe that has run until nothing happens any more without time passing. */
async function start(
  source: ScriptedSourceOptions = {},
  options: StartOptions = {},
): Promise<Setup> {
  const { role = "leader", auditIntervalMs = 0, ownSender = false, prepare, ...more } = options;
  const { policy, ...limits } = more;
  const clock = new ManualClock();
  const scripted = new ScriptedSource(source);
  const sender = new RecordingSender();
  sender.role = role;
  sender.policy = { timeoutMs: 30_000, auditIntervalMs, ...policy };
  prepare?.({ source: scripted, sender });
  const common = {
    id: "pipe-1",
    source: scripted,
    agentId: "agent-1",
    bootId: "boot-1",
    clock,
    random: () => 0.5,
    logger: silentLogger,
    ...limits,
  };
  const openSender = async (): Promise<SenderDriver> => sender;
  const pipeOptions: PipeOptions = ownSender ? { ...common, openSender } : { ...common, sender };
  const pipe = createPipe(pipeOptions);
  const stop = new AbortController();
  const ended = pipe.run(stop.signal);
  const setup = { source: scripted, sender, clock, pipe, stop, ended };
  setups.push(setup);
  await clock.settle();
  await clock.settle();
  return setup;
}

function lostScopes(sender: RecordingSender): string[] {
  return sender.messages().flatMap((m) => (m.kind === "lost" ? [m.scope] : []));
}
