import {
  DRIVER_API_VERSION,
  type ConfigOf,
  type Message,
  type ObjectSchema,
  type SenderDriver,
  type SenderModule,
  type Session,
  type SessionRequest,
} from "@fustor/core";
import { createSystemClock, parseConfig } from "@fustor/core/host";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testContext } from "./context.js";
import { changeOf, listingOf, walkOf } from "./messages.js";

/** The receiving end, in the hands of the contract. One is made for every test. */
export interface SenderWorld {
  /** As a user writes it. */
  readonly config: unknown;
  /** All messages the receiver has taken, in order. Leave it out if nobody can know. */
  received?(): readonly Message[] | Promise<readonly Message[]>;
  /** Makes the receiver forget a session. */
  endSession?(id: string): void | Promise<void>;
  /** A config whose key the receiver does not know. */
  readonly wrongKey?: unknown;
  /** A config that leads nowhere. */
  readonly unreachable?: unknown;
  dispose(): Promise<void>;
}

export interface SenderContract<S extends ObjectSchema> {
  readonly module: SenderModule<S>;
  readonly createWorld: () => Promise<SenderWorld>;
  /** What the source says it is. Default: schema `scripted`. */
  readonly source?: SessionRequest["source"];
  /** The messages to send; default: some of a scripted source. */
  readonly realtime?: readonly Message[];
  readonly snapshot?: readonly Message[];
}

/** Registers the tests that every sender driver passes. Call it from the driver's own test file. */
export function describeSenderContract<S extends ObjectSchema>(contract: SenderContract<S>): void {
  const { module, createWorld } = contract;
  const realtime = contract.realtime ?? [changeOf({ upserts: { "/a": 1 }, deletes: ["/b"] })];
  const snapshot = contract.snapshot ?? walkOf("snapshot", [listingOf("/", { a: 1 })]);
  const request: SessionRequest = {
    agentId: "agent",
    bootId: "boot",
    pipeId: "pipe",
    source: contract.source ?? {
      schema: "scripted",
      uri: "scripted://test",
      identity: "scripted",
      scope: {},
      facts: {},
    },
    capabilities: ["audit", "scan"],
  };

  describe(`sender contract: ${module.name}`, () => {
    let world: SenderWorld;
    let sender: SenderDriver;
    let stop: AbortController;
    const senders: SenderDriver[] = [];

    beforeEach(async () => {
      stop = new AbortController();
      world = await createWorld();
      sender = await create(world.config);
    });

    afterEach(async () => {
      stop.abort();
      for (const each of senders.splice(0)) await each.close();
      await world.dispose();
    });

    it("is a sender module", () => {
      expect(module).toMatchObject({ apiVersion: DRIVER_API_VERSION, kind: "sender" });
    });

    it("rejects a config with an unknown key", () => {
      const config = { ...(world.config as object), nonsense: true };
      expect(() => parseConfig(module.name, module.configSchema, config)).toThrow(/nonsense/);
    });

    it("opens a session that says its role and policy", async () => {
      const session = await open();
      expect(session.id).not.toBe("");
      expect(["leader", "follower"]).toContain(session.role);
      expect(session.policy.timeoutMs).toBeGreaterThan(0);
      expect(session.policy.auditIntervalMs).toBeGreaterThanOrEqual(0);
    });

    it("carries both streams, each in order", async () => {
      const session = await open();
      await session.send({ stream: "scan", seq: 1, messages: snapshot.slice(0, 1) }, stop.signal);
      const reply = await session.send(
        { stream: "realtime", seq: 1, messages: realtime },
        stop.signal,
      );
      for (const { scope } of reply?.wanted ?? []) expect(typeof scope).toBe("string");
      await session.send({ stream: "scan", seq: 2, messages: snapshot.slice(1) }, stop.signal);
      const received = await world.received?.();
      if (received === undefined) return;
      expect(received).toEqual([...snapshot.slice(0, 1), ...realtime, ...snapshot.slice(1)]);
    });

    it("takes the same batch again and applies it once", async () => {
      const session = await open();
      await session.send({ stream: "realtime", seq: 1, messages: realtime }, stop.signal);
      await session.send({ stream: "realtime", seq: 1, messages: realtime }, stop.signal);
      const received = await world.received?.();
      if (received !== undefined) expect(received).toEqual(realtime);
    });

    it("answers a heartbeat with its role", async () => {
      const session = await open();
      const reply = await session.heartbeat({ canRealtime: true, status: {} }, stop.signal);
      expect(["leader", "follower"]).toContain(reply.role);
      expect(Array.isArray(reply.scans)).toBe(true);
    });

    it("sends nothing once it is aborted", async () => {
      const session = await open();
      stop.abort();
      const sent = session.send({ stream: "realtime", seq: 1, messages: realtime }, stop.signal);
      await expect(sent).rejects.toThrow();
    });

    it("says when a session is lost", async (test) => {
      if (world.endSession === undefined) return test.skip("sessions here are never lost");
      const session = await open();
      await world.endSession(session.id);
      const batch = { stream: "realtime", seq: 1, messages: realtime } as const;
      await expect(session.send(batch, stop.signal)).rejects.toMatchObject({
        code: "SESSION_LOST",
      });
      const beat = session.heartbeat({ canRealtime: true, status: {} }, stop.signal);
      await expect(beat).rejects.toMatchObject({ code: "SESSION_LOST" });
    });

    it("says that a key is wrong", async (test) => {
      if (world.wrongKey === undefined) return test.skip("there are no keys here");
      const stranger = await create(world.wrongKey);
      await expect(stranger.openSession(request, stop.signal)).rejects.toMatchObject({
        code: "UNAUTHORIZED",
      });
    });

    it("says that trying again may help when nobody answers", async (test) => {
      if (world.unreachable === undefined) return test.skip("there is nobody to reach here");
      const lonely = await create(world.unreachable);
      await expect(lonely.openSession(request, stop.signal)).rejects.toMatchObject({
        code: "SEND_FAILED",
        retryable: true,
      });
    });

    it("closes a session, and itself, twice", async () => {
      const session = await open();
      await session.close();
      await session.close();
      await sender.close();
      await expect(sender.close()).resolves.toBeUndefined();
    });

    function open(): Promise<Session> {
      return sender.openSession(request, stop.signal);
    }

    async function create(value: unknown): Promise<SenderDriver> {
      const config: ConfigOf<S> = parseConfig(module.name, module.configSchema, value);
      const context = testContext({ clock: createSystemClock() });
      const made = await module.create(config, context);
      senders.push(made);
      return made;
    }
  });
}
