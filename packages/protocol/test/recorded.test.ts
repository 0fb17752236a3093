import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import {
  decodeOpening,
  ROUTES,
  toV1Calls,
  v1HeartbeatRequestSchema,
  v1IngestRequestSchema,
  V1Reader,
  v1SentinelFeedbackSchema,
  v1SessionRequestSchema,
  v2HeartbeatRequestSchema,
  v2IngestRequestSchema,
  type V1Event,
  type V1IngestRequest,
} from "../src/index.js";
import { exchanges, ingestBodies } from "./exchanges.js";

const RECEIVED_AT = 1_795_379_200_000;
const ajv = new Ajv({ strict: true, allErrors: true });

/** The same as the receiver's schemas see it. */
const schemas = [
  [/\/session\/$/, v1SessionRequestSchema],
  [/\/heartbeat$/, v1HeartbeatRequestSchema],
  [/\/ingest\//, v1IngestRequestSchema],
  [/\/feedback$/, v1SentinelFeedbackSchema],
] as const;

describe("the recorded exchanges", () => {
  it("are all classified, with a reason where ours differs", () => {
    expect(exchanges).toHaveLength(82);
    for (const { class: kind, why, instead } of exchanges) {
      if (kind === "keep") expect(instead).toBeUndefined();
      else expect(why).not.toBe(undefined);
      expect(instead === undefined).toBe(kind !== "defect");
    }
  });

  it.each(schemas)("pass the schema of %s exactly when they were accepted", (path, schema) => {
    const validate = ajv.compile(schema);
    const asked = exchanges.filter((each) => path.test(each.path) && each.request !== null);
    expect(asked).not.toHaveLength(0);
    for (const { request, status } of asked) expect(validate(request)).toBe(status !== 422);
  });

  it("use only paths that have a route", () => {
    const routes = new Set<string>(
      Object.values(ROUTES).flatMap((route) =>
        typeof route === "string" ? [route] : [route.v1, route.v2],
      ),
    );
    const asked = exchanges.filter((each) => each.server === "receiver");
    for (const { path } of asked) {
      const route = path.replace(/\{session\}|00000000-\w+/, ":id");
      if (!path.endsWith("/reset")) expect(routes).toContain(route);
    }
  });

  it("open sessions that do not speak v2", () => {
    const opened = exchanges.filter(
      ({ path, status }) => path.endsWith("/session/") && status === 200,
    );
    const openings = opened.flatMap(({ request }) =>
      request === null ? [] : [decodeOpening(request as { task_id: string })],
    );
    expect(openings).toMatchObject([
      { agentId: "agent-a", pipeId: "p1", bootId: undefined, offersV2: false },
      { agentId: "agent-b", pipeId: "p1", bootId: undefined, offersV2: false },
    ]);
  });
});

describe("the recorded batches", () => {
  it.each(ingestBodies.map((body) => [summary(body), body] as const))(
    "keep their rows on the way through our messages: %s",
    (_, body) => {
      const messages = new V1Reader("s").read(body, RECEIVED_AT);
      const sent = toV1Calls(messages).flatMap((call) =>
        call.kind === "ingest" ? call.body.events : [],
      );
      expect(comparable(sent)).toEqual(comparable(body.events));
    },
  );

  it("make one snapshot of its two last batches", () => {
    const reader = new V1Reader("s");
    const bodies = ingestBodies.filter(({ source_type }) => source_type === "snapshot");
    const kinds = bodies.flatMap((body) => reader.read(body, RECEIVED_AT).map(({ kind }) => kind));
    expect(kinds).toEqual(["mark", "change", "mark"]);
  });

  it("prove, by the first audit, what every directory holds", () => {
    expect(auditOf(0)).toEqual({
      "/": names("f1.txt", "f2.txt", "f3.txt", "d1"),
      "/d1": names("g3.log", "g2.log", "g1.log", "d2"),
      "/d1/d2": names("deep.bin"),
    });
  });

  it("prove nothing of directories that the second audit skipped", () => {
    expect(Object.keys(auditOf(1))).toEqual(["/", "/nd"]);
  });

  it("prove nothing by an audit that skipped everything", () => {
    expect(auditOf(2)).toEqual({});
  });

  it("say that a file was settled once its writer has closed it", () => {
    const body = ingestBodies.find(({ events }) => events[0]?.rows[0]?.path === "/nd/a.txt");
    if (body === undefined) throw new Error("the fixture is gone");
    expect(new V1Reader("s").read(body, RECEIVED_AT)).toMatchObject([
      {
        kind: "change",
        source: "realtime",
        settled: ["/nd/a.txt"],
        upserts: { rows: { length: 1 } },
      },
    ]);
  });

  it("answer a scan as on demand, not as a snapshot", () => {
    const body = ingestBodies.find(
      ({ source_type, events }) =>
        source_type === "message" && events[0]?.message_source === "snapshot",
    );
    if (body === undefined) throw new Error("the fixture is gone");
    expect(new V1Reader("s").read(body, RECEIVED_AT)).toMatchObject([
      { kind: "change", source: "on_demand", deletes: [] },
    ]);
  });
});

describe("the v2 schemas", () => {
  it.each([v2HeartbeatRequestSchema, v2IngestRequestSchema])(
    "are clean in strict mode",
    (schema) => {
      expect(() => ajv.compile(schema)).not.toThrow();
    },
  );
});

/** The names that the listings of the nth recorded audit hold, by directory. */
function auditOf(n: number): Record<string, readonly unknown[]> {
  const audits = ingestBodies.filter(
    ({ source_type, events }) => source_type === "audit" && events.length > 0,
  );
  const body = audits[n];
  if (body === undefined) throw new Error("the fixture is gone");
  const reader = new V1Reader("s");
  const end = { events: [], source_type: "audit", is_end: true } as const;
  const messages = [...reader.read(body, RECEIVED_AT), ...reader.read(end, RECEIVED_AT)];
  return Object.fromEntries(
    messages.flatMap((message) =>
      message.kind === "listing" && message.complete
        ? [[message.scope, message.entries.rows.map(([name]) => name)]]
        : [],
    ),
  );
}

function names(...list: readonly string[]): readonly string[] {
  return list;
}

/** The last word on each path, without what v1 agents add for themselves. */
function comparable(events: readonly V1Event[]): object {
  const rows = events.flatMap(({ event_type, rows: all }) =>
    all.map(({ path, ...row }) => {
      const { size, modified_time, created_time, is_directory, is_atomic_write = false } = row;
      const known = { size, modified_time, created_time, is_directory, is_atomic_write };
      return [path, event_type === "delete" ? "deleted" : known] as const;
    }),
  );
  return Object.fromEntries(rows);
}

function summary({ source_type, events }: V1IngestRequest): string {
  const path = events[0]?.rows[0]?.path ?? "nothing";
  return `${source_type}, ${String(events.length)} events from ${path}`;
}
