import {
  DecodeError,
  openBinaryBatch,
  openJsonBatch,
  TooManyRowsError,
  type V2IngestRequest,
} from "@fustor/protocol";
import { ConfigError } from "@fustor/core";
import { parseConfig } from "@fustor/core/host";
import { createScope } from "@fustor/schema-fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFusionConfig, fusionConfigSchema } from "../src/index.js";
import { createGlobMatcher } from "../src/http/patterns.js";
import { encodeFrame, readFrame } from "../src/log/frame.js";
import { parseCursor } from "../src/feed/cursor.js";
import { Problem } from "../src/problem.js";
import { Seal } from "../src/part/seal.js";
import { isScope } from "../src/scopes.js";
import { change, createWorld, openV2, push, snapshot } from "./support.js";

/** Short, and the same ones each time: what a longer run finds becomes a test of its own. */
const RUNS = { numRuns: 300, seed: 5 } as const;

/** Fails for an error of any kind but those that are meant for whoever sent this. */
function foreseen(work: () => unknown, ...kinds: readonly (new (...args: never[]) => Error)[]) {
  try {
    work();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
}

describe("anything at all", () => {
  it("is a batch or is refused as one", () => {
    const limits = { schema: "fs", rowsMax: 1_000 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        foreseen(
          () => openBinaryBatch(Buffer.from(bytes)).decode(limits),
          DecodeError,
          TooManyRowsError,
        );
      }),
      RUNS,
    );
    const message = fc.record(
      { kind: fc.constantFrom("change", "listing", "digest", "lost", "mark", "unreadable") },
      { requiredKeys: ["kind"] },
    );
    const messages = fc.array(
      fc.tuple(message, fc.object()).map(([one, other]) => ({ ...other, ...one })),
    );
    fc.assert(
      fc.property(messages, (list) => {
        const body = { epoch: 1, stream: "scan", seq: 1, messages: list } as unknown;
        const open = () => openJsonBatch(body as V2IngestRequest).decode(limits);
        foreseen(open, DecodeError, TooManyRowsError);
      }),
      RUNS,
    );
  });

  it("is a record of the log as it was written, or none", () => {
    const entry = { kind: "tick", at: 5 } as const;
    const whole = Buffer.concat(encodeFrame({ entry }, 7, 6));
    expect(readFrame(whole, 0)?.record).toEqual({ entry, seq: 7 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), (bytes, at) => {
        expect(readFrame(Buffer.from(bytes), at)).toBeUndefined();
      }),
      RUNS,
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(whole);
        damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
        expect(readFrame(damaged, 0)).toBeUndefined();
        expect(readFrame(whole.subarray(0, at), 0)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it("is a configuration or a list of its faults", () => {
    const value = fc.anything({ maxDepth: 3 });
    const known = fc.record(
      { listen: value, limits: value, views: value, pipes: value, storage: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(value, known), (config) => {
        foreseen(() => {
          const json = JSON.parse(JSON.stringify([config])) as unknown[];
          checkFusionConfig(parseConfig("fuzz", fusionConfigSchema, json[0]));
        }, ConfigError);
      }),
      { ...RUNS, numRuns: 150 },
    );
  });

  it("is a pattern of names or is refused as one", () => {
    const text = fc.string({ unit: fc.constantFrom(..."*?[]{}!^,\\/.a-b\n\uDC80".split("")) });
    fc.assert(
      fc.property(text, text, (pattern, path) => {
        foreseen(() => createGlobMatcher(pattern)(path), Problem);
        const isKept = createScope({ filePattern: "*", exclude: pattern === "" ? [] : [pattern] });
        expect(isKept).toBeDefined();
      }),
      RUNS,
    );
  });

  it("is a cursor, a sealed text or a scope, or none", () => {
    const seal = new Seal();
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseCursor(text);
        expect(seal.open(text)).toBeUndefined();
        expect(seal.open(`part.${text}`)).toBeUndefined();
        expect(seal.open(seal.close(text.toWellFormed()))).toBe(text.toWellFormed());
        if (isScope(text)) expect(text).toMatch(/^(admin|ingest:|query:)/);
      }),
      RUNS,
    );
  });

  it("may be asked or sent, and brings nothing down", { timeout: 60_000 }, async () => {
    const world = await createWorld();
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a/"], "/a": ["b"] });
    const part = await world.keyFor("query:default/a");
    const calls = ["tree", "entries", "entry", "explain", "usage", "coverage", "changes", "search"];
    const names = [
      "path",
      "path_b64",
      "limit",
      "cursor",
      "glob",
      "regex",
      "since",
      "sort",
      "depth",
    ];
    const value = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.string({ unit: "binary", maxLength: 8 }).map((text) => text.toWellFormed()),
      fc.constantFrom("/", "/a", "/a/b", "-1", "1e9", "(", "[", "*", "%00", "part.AAAA", "L2E="),
    );
    const question = fc.tuple(
      fc.constantFrom(...calls),
      fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(question, fc.boolean(), async ([call, parameters], isPart) => {
        const query = new URLSearchParams(parameters);
        const url = `/api/v1/views/default/${call}?${query.toString()}`;
        const key = isPart ? part : world.admin;
        const { status } = await world.call("GET", url, undefined, { key });
        expect(status).toBeLessThan(500);
      }),
      { ...RUNS, numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 2 }), async (body) => {
        const headers = { "content-type": "application/json", "x-api-key": world.admin };
        for (const url of [
          "/api/v1/pipe/session/",
          "/api/v1/views/default/scans",
          "/api/v1/login",
          "/api/v1/keys",
        ]) {
          const payload = body;
          const reply = await world.fusion.app.inject({ method: "POST", url, headers, payload });
          expect(reply.statusCode).toBeLessThan(500);
        }
      }),
      { ...RUNS, numRuns: 50 },
    );
    const still = await push(world, session, "realtime", 1, [change("/a/c", world.clock.now())]);
    expect(still.status).toBe(200);
  });
});
