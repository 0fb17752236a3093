import { describe, expect, it } from "vitest";
import { createWorld, openV2, push, snapshot } from "./support.js";

describe("operations", () => {
  it("say that the process lives, without a key", async () => {
    const world = await createWorld();
    const { status, body } = await world.call("GET", "/healthz", undefined, { key: null });
    expect([status, body]).toEqual([200, { status: "ok" }]);
  });

  it("say ready only when every view has applied its first snapshot", async () => {
    const view = { type: "fs", config: {} };
    const world = await createWorld({
      views: [
        { ...view, id: "p" },
        { ...view, id: "q" },
      ],
    });
    const ready = () => world.call("GET", "/readyz", undefined, { key: null });
    expect((await ready()).status).toBe(503);
    await snapshot(world, await openV2(world), { "/": [] });
    const half = await ready();
    expect(half.status).toBe(503);
    expect(half.body).toEqual({
      ready: false,
      reasons: [
        {
          view: "q",
          code: "NO_AGENT",
          reason: expect.stringContaining("no agent feeds the pipe q") as string,
        },
      ],
    });
    const key = await world.keyFor("ingest:q");
    const { body } = await world.call(
      "POST",
      "/api/v1/pipe/session/",
      { task_id: "v1:x" },
      { key },
    );
    const id = (body as { session_id: string }).session_id;
    const url = `/api/v1/pipe/ingest/${id}/events`;
    const end = { events: [], source_type: "snapshot", is_end: true };
    expect((await world.call("POST", url, end, { key })).status).toBe(200);
    expect((await ready()).body).toEqual({ ready: true, reasons: [] });
  });

  it("count what is ingested and what is refused", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await snapshot(world, a, { "/": ["x", "d/"] });
    await push(world, a, "scan", 9, []);
    const { text } = await world.call("GET", "/metrics", undefined, { key: null });
    for (const line of [
      'fustor_sessions{pipe="default",role="leader"} 1',
      'fustor_ingest_batches_total{pipe="default",stream="scan"} 1',
      'fustor_ingest_rows_total{pipe="default",stream="scan"} 5',
      'fustor_ingest_errors_total{code="SEQ_GAP"} 1',
      "fustor_ingest_seconds_count 1",
      'fustor_view_ready{view="default"} 1',
      'fustor_view_files{view="default"} 1',
      'fustor_view_gaps{view="default"} 0',
      'fustor_view_held{view="default"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/fustor_event_loop_lag_seconds\{quantile="0.99"\} /);
  });

  it("need a key for metrics when others can reach the address", async () => {
    const world = await createWorld({ listen: { host: "0.0.0.0", port: 0, insecure: true } });
    expect((await world.call("GET", "/metrics", undefined, { key: null })).status).toBe(401);
    expect((await world.call("GET", "/metrics")).status).toBe(200);
  });

  it("answer 404 in the dialect of the path", async () => {
    const world = await createWorld();
    expect((await world.call("GET", "/api/v1/views/")).body).toEqual({ detail: "Not Found" });
    expect((await world.call("GET", "/api/v2/nope")).body).toMatchObject({
      error: { code: "NOT_FOUND" },
    });
    expect((await world.call("GET", "/api/v1/views/%zz/tree")).status).toBe(400);
  });
});
