import {
  DRIVER_API_VERSION,
  type Clock,
  type ConfigOf,
  type Message,
  type Move,
  type ObjectSchema,
  type SourceDriver,
  type SourceModule,
  type Table,
} from "@fustor/core";
import { createSystemClock, parseConfig } from "@fustor/core/host";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, until } from "./collect.js";
import { testContext } from "./context.js";
import { ManualClock } from "./manual-clock.js";
import { Picture } from "./picture.js";

/** What a source observes, in the hands of the contract. One is made for every test. */
export interface SourceWorld {
  /** As a user writes it. */
  readonly config: unknown;
  /** Makes a new row appear and returns its full key. */
  insert(): Promise<string>;
  /** Makes that row disappear. Leave it out if rows of this source never do. */
  remove?(key: string): Promise<void>;
  dispose(): Promise<void>;
}

export interface SourceContract<S extends ObjectSchema> {
  readonly module: SourceModule<S>;
  readonly createWorld: () => Promise<SourceWorld>;
  /** The full key of a row that a listing calls by its name. Default: `/a` + `b` -> `/a/b`. */
  readonly keyOf?: (scope: string, name: string) => string;
  /**
   * For a source that polls: how far the clock must move for a change to be noticed. Time then
   * stands still in between. Without it the source gets the system's clock.
   */
  readonly pollMs?: number;
}

/** Registers the tests that every source driver passes. Call it from the driver's own test file. */
export function describeSourceContract<S extends ObjectSchema>(contract: SourceContract<S>): void {
  const { module, createWorld, keyOf, pollMs } = contract;

  describe(`source contract: ${module.name}`, () => {
    let world: SourceWorld;
    let source: SourceDriver;
    let stop: AbortController;
    let tick: () => Promise<void>;

    beforeEach(async () => {
      stop = new AbortController();
      world = await createWorld();
      const config: ConfigOf<S> = parseConfig(module.name, module.configSchema, world.config);
      const time = timeOf(pollMs);
      tick = time.tick;
      source = await module.create(config, testContext({ clock: time.clock }));
    });

    afterEach(async () => {
      stop.abort();
      await source.close();
      await world.dispose();
    });

    it("says what it is", async () => {
      expect(module).toMatchObject({ apiVersion: DRIVER_API_VERSION, kind: "source" });
      const description = await source.describe(stop.signal);
      expect(description.schema).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(description.identity).not.toBe("");
      expectPlainJson(description);
    });

    it("rejects a config with an unknown key", () => {
      const config = { ...(world.config as object), nonsense: true };
      expect(() => parseConfig(module.name, module.configSchema, config)).toThrow(/nonsense/);
    });

    it("stays the same thing between two descriptions", async () => {
      const { landmarks: before, ...known } = await source.describe(stop.signal);
      await world.insert();
      const { landmarks: after, ...now } = await source.describe(stop.signal);
      expect(now).toEqual(known);
      expect(after === undefined).toBe(before === undefined);
    });

    it("reports every row that exists in a snapshot, between its marks", async () => {
      const expected = [await world.insert(), await world.insert()];
      await source.describe(stop.signal);
      const messages = await collect(source.snapshot(stop.signal));
      expectWalk(messages, "snapshot");
      expect([...pictureOf(messages).keys]).toEqual(expect.arrayContaining(expected));
    });

    it("misses no change made after watch has resolved", async () => {
      await source.describe(stop.signal);
      const watched = await source.watch(stop.signal);
      // Before anyone pulls: a source that counts what is there only then misses it.
      const key = await world.insert();
      const said = follow(watched);
      await arrives(() => pictureOf(said).keys.has(key), `the row ${key}`);
      said.forEach(expectWellFormed);
    });

    it("tells that a row is gone", async (test) => {
      if (world.remove === undefined) return test.skip("rows of this source never disappear");
      const key = await world.insert();
      await source.describe(stop.signal);
      const watched = await source.watch(stop.signal);
      const said = await collect(source.snapshot(stop.signal));
      follow(watched, said);
      await world.remove(key);
      await arrives(() => !pictureOf(said).keys.has(key), `the end of ${key}`);
    });

    it("audits everything again", async (test) => {
      if (source.audit === undefined) return test.skip("this source cannot audit");
      const key = await world.insert();
      await source.describe(stop.signal);
      const messages = await collect(source.audit(stop.signal));
      expectWalk(messages, "audit");
      expect(pictureOf(messages).keys).toContain(key);
    });

    it("scans a scope when asked", async (test) => {
      if (source.scan === undefined) return test.skip("this source cannot scan");
      const key = await world.insert();
      await source.describe(stop.signal);
      const request = { scope: "/", recursive: true };
      const messages = await collect(source.scan(request, stop.signal));
      expectWalk(messages, "scan");
      expect(pictureOf(messages).keys).toContain(key);
    });

    it("may tell what it walks by digest, each scope once", async () => {
      await world.insert();
      await source.describe(stop.signal);
      const messages = await collect(source.snapshot(stop.signal, { digests: true }));
      expectWalk(messages, "snapshot");
      const scopes = messages.flatMap((each) => (each.kind === "digest" ? [each.scope] : []));
      expectUnique(scopes);
    });

    it("tells by rows what nobody wants by digest", async () => {
      await world.insert();
      await source.describe(stop.signal);
      const messages = await collect(source.snapshot(stop.signal));
      expect(messages.filter(({ kind }) => kind === "digest")).toEqual([]);
    });

    it("looks at single rows when asked", async (test) => {
      if (source.probe === undefined) return test.skip("this source cannot look at single rows");
      const there = await world.insert();
      const gone = await world.insert();
      await world.remove?.(gone);
      await source.describe(stop.signal);
      const messages = await collect(source.probe([there, gone], stop.signal));
      messages.forEach(expectWellFormed);
      expect(new Set(messages.map((message) => message.source))).toEqual(new Set(["sentinel"]));
      const [rows, deletes] = tellOf(messages);
      expect(rows).toContain(there);
      if (world.remove === undefined) return;
      expect(rows).not.toContain(gone);
      expect(deletes).toContain(gone);
    });

    it("ends a watch when it is aborted", async () => {
      await source.describe(stop.signal);
      const ended = endOf(await source.watch(stop.signal));
      stop.abort();
      await expect(ended).resolves.toBe("ended");
    });

    it("ends a snapshot when it is aborted", async () => {
      await world.insert();
      await source.describe(stop.signal);
      const ended = endOf(source.snapshot(stop.signal));
      stop.abort();
      await expect(ended).resolves.toBe("ended");
    });

    it("can be closed twice", async () => {
      await source.describe(stop.signal);
      await source.close();
      await expect(source.close()).resolves.toBeUndefined();
    });

    function pictureOf(messages: readonly Message[]): Picture {
      const picture = new Picture(keyOf);
      for (const message of messages) picture.add(message);
      return picture;
    }

    async function arrives(condition: () => boolean, what: string): Promise<void> {
      const look = async () => {
        await tick();
        return condition();
      };
      await until(look, { what });
    }
  });
}

/** Time that the test moves for a source that polls, or the real one. */
function timeOf(pollMs: number | undefined): { clock: Clock; tick: () => Promise<void> } {
  if (pollMs === undefined) return { clock: createSystemClock(), tick: async () => undefined };
  const clock = new ManualClock();
  return { clock, tick: () => clock.advance(pollMs) };
}

/** The keys of the rows and of the absences in changes. */
function tellOf(messages: readonly Message[]): readonly [rows: string[], deletes: string[]] {
  const changes = messages.filter((message) => message.kind === "change");
  const rows = changes.flatMap(({ upserts }) => upserts.rows.map(([key]) => String(key)));
  return [rows, changes.flatMap(({ deletes }) => [...deletes])];
}

/** Writes down what a stream says, from now until it ends. */
function follow(stream: AsyncIterable<Message>, said: Message[] = []): Message[] {
  const run = async () => {
    for await (const message of stream) said.push(message);
  };
  // An abort may end a stream by an error; what is missing then is missed by the test itself.
  run().catch(() => undefined);
  return said;
}

/** A stream ends an abort by finishing or by throwing. */
async function endOf(stream: AsyncIterable<Message>): Promise<"ended"> {
  await collect(stream).catch(() => undefined);
  return "ended";
}

function expectWalk(messages: readonly Message[], walk: "snapshot" | "audit" | "scan"): void {
  const begin = messages.at(0);
  const end = messages.at(-1);
  expect(begin).toMatchObject({ kind: "mark", walk, edge: "begin" });
  expect(end).toMatchObject({ kind: "mark", walk, edge: "end" });
  if (begin?.kind === "mark" && end?.kind === "mark") expect(end.id).toBe(begin.id);
  expect(messages.filter(({ kind }) => kind === "mark")).toHaveLength(2);
  messages.forEach(expectWellFormed);
  const source = walk === "scan" ? "on_demand" : walk;
  expect(new Set(messages.map((message) => message.source))).toEqual(new Set([source]));
}

function expectWellFormed(message: Message): void {
  expect(message.startedAt).toBeLessThanOrEqual(message.endedAt);
  if (message.kind === "change") {
    const upserted = expectTable(message.upserts);
    expectUnique([...upserted, ...message.deletes]);
    expect(upserted).toEqual(expect.arrayContaining([...(message.settled ?? [])]));
    expectMoves(message.moves ?? [], upserted);
  }
  if (message.kind === "listing") {
    expectUnique(expectTable(message.entries));
    if (message.self !== undefined) expect(message.self[0]).toBe("");
  }
  if (message.kind === "digest") {
    expect(message.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(message.self.rows).toHaveLength(1);
    expect(expectTable(message.self)).toEqual([""]);
  }
  expectPlainJson(message);
}

/** A move ends at a row of the same message, and leaves none where it began. */
function expectMoves(moves: readonly Move[], upserted: readonly string[]): void {
  for (const [from, to] of moves) {
    expect(upserted).toContain(to);
    expect(upserted).not.toContain(from);
  }
}

/** The keys of a table, after a look at its shape. */
function expectTable({ fields, rows }: Table): string[] {
  expectUnique(fields);
  for (const row of rows) expect(row).toHaveLength(fields.length);
  return rows.map(([key]) => String(key));
}

function expectUnique(keys: readonly string[]): void {
  expect(keys).toHaveLength(new Set(keys).size);
}

/** Messages travel between processes and machines. */
function expectPlainJson(value: unknown): void {
  expect(JSON.parse(JSON.stringify(value))).toEqual(value);
}
