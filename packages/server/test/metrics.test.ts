import { describe, expect, it } from "vitest";
import { FUSION_METRICS } from "../src/metrics/definitions.js";
import { change, createWorld, listing, mark, openV2, push, snapshot } from "./support.js";

/** What stands for it in an export, e.g. `x_bucket` for the histogram `x`. */
function sampleNames(text: string): Set<string> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Set(lines.map((line) => /^[a-zA-Z_:]\w*/.exec(line)?.[0] ?? line));
}

function exportedNames(text: string): Set<string> {
  const histograms = Object.entries(FUSION_METRICS)
    .filter(([, { type }]) => type === "histogram")
    .map(([name]) => name);
  return new Set(
    [...sampleNames(text)].map(
      (sample) =>
        histograms.find((name) => sample.replace(/_(bucket|sum|count)$/, "") === name) ?? sample,
    ),
  );
}

/** A Fusion in which everything that is counted has happened once. */
async function createBusyWorld(storage: "disk" | "memory" = "memory") {
  const world = await createWorld({ storage });
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["x", "d/"], "/d": [] });
  const at = world.clock.now();
  await push(world, session, "realtime", 1, [change("/new", at - 2_500)]);
  await push(world, session, "scan", 2, [
    mark("audit", "begin", at),
    listing("/", ["x", "d/", "new"], at),
    listing("/d", [], at),
    mark("audit", "end", at),
  ]);
  await push(world, session, "scan", 9, []);
  await world.call("GET", "/api/v1/views/default/stats");
  await world.call("GET", "/api/v1/views/nope/stats");
  const scrape = async () => (await world.call("GET", "/metrics", undefined, { key: null })).text;
  return { world, scrape };
}

function valueOf(text: string, sample: string): number | undefined {
  const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}

describe("the metrics of a Fusion", () => {
  it("are those of the contract, all of them and no other", async () => {
    const { scrape } = await createBusyWorld("disk");
    const isElsewhere = (name: string) =>
      // Written by the first checkpoint, and on Linux only.
      name === "fustor_checkpoint_age_seconds" ||
      (name === "process_open_fds" && process.platform !== "linux");
    const promised = Object.keys(FUSION_METRICS).filter((name) => !isElsewhere(name));
    const exported = [...exportedNames(await scrape())].filter((name) => !isElsewhere(name));
    expect(exported.sort()).toEqual(promised.sort());
  });

  it("carry their unit in their name", () => {
    for (const [name, { type, help }] of Object.entries(FUSION_METRICS)) {
      expect(name).toMatch(/^(fustor|process|nodejs)_[a-z_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name, "seconds, not their parts").not.toMatch(/_(ms|millis|kb|mb|minutes)\b/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      if (/\b(bytes|size of)\b/i.test(help)) expect(name).toMatch(/_bytes(_total|_limit)?$/);
      expect(help).toMatch(/\.$/);
    }
  });

  it("are labelled as the contract says", async () => {
    const { scrape } = await createBusyWorld();
    for (const line of (await scrape()).split("\n")) {
      const [, sample = "", labels = ""] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
      if (sample === "") continue;
      const said = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
      const name = sample.replace(/_(bucket|sum|count)$/, "");
      const found = Object.entries(FUSION_METRICS).find(
        ([each]) => each === sample || each === name,
      );
      const { labels: promised = [] } = (found?.[1] ?? {}) as {
        readonly labels?: readonly string[];
      };
      expect(said.filter((label) => label !== "le").sort(), sample).toEqual([...promised].sort());
    }
  });

  it("say how long after the look a batch was applied", async () => {
    const { scrape } = await createBusyWorld();
    const text = await scrape();
    const labels = 'pipe="default",stream="realtime"';
    expect(valueOf(text, `fustor_event_lag_seconds_sum{${labels}}`)).toBe(2.5);
    expect(valueOf(text, `fustor_event_lag_seconds_bucket{le="1",${labels}}`)).toBe(0);
    expect(valueOf(text, `fustor_event_lag_seconds_bucket{le="3",${labels}}`)).toBe(1);
    expect(valueOf(text, `fustor_ingest_bytes_total{${labels}}`)).toBeGreaterThan(100);
  });

  it("tell of an agent with another clock how late it really was", async () => {
    const world = await createWorld();
    const ahead = 3_600_000;
    const session = await openV2(world, "a", "b", { clock: world.clock.now() + ahead });
    const seenAt = world.clock.now() + ahead - 400;
    await push(world, session, "realtime", 1, [change("/new", seenAt)]);
    const { text } = await world.call("GET", "/metrics");
    const labels = 'pipe="default",stream="realtime"';
    expect(valueOf(text, `fustor_event_lag_seconds_sum{${labels}}`)).toBe(0.4);
  });

  it("say how stale a view is, and how fresh its directories are", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["x"] });
    const scrape = async () => (await world.call("GET", "/metrics")).text;
    const fresh = (text: string, within: number) =>
      valueOf(text, `fustor_view_fresh_directories{view="default",within="${String(within)}"}`);
    expect(fresh(await scrape(), 60)).toBe(1);
    await world.clock.advance(120_000);
    const later = await scrape();
    expect(valueOf(later, 'fustor_view_staleness_seconds{view="default"}')).toBe(120);
    await expect.poll(async () => fresh(await scrape(), 60)).toBe(0);
    expect(fresh(await scrape(), 600)).toBe(1);

    const age = 'fustor_view_audit_age_seconds{view="default"}';
    expect(valueOf(later, age)).toBeUndefined();
    const at = world.clock.now();
    const next = await openV2(world, "agent-a", "boot-2");
    await push(world, next, "scan", 1, [mark("audit", "begin", at), mark("audit", "end", at)]);
    await world.clock.advance(3_000);
    expect(valueOf(await scrape(), age)).toBe(3);
  });

  it("count what was answered with an error, by its code and by who asked", async () => {
    const { scrape } = await createBusyWorld();
    const text = await scrape();
    expect(valueOf(text, 'fustor_ingest_errors_total{code="SEQ_GAP"}')).toBe(1);
    expect(valueOf(text, 'fustor_query_errors_total{code="NOT_FOUND"}')).toBe(1);
    expect(valueOf(text, 'fustor_query_seconds_count{call="stats"}')).toBe(1);
  });
});
