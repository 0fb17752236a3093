import { ConfigError } from "@fustor/core";
import { parseConfig } from "@fustor/core/host";
import { describe, expect, it } from "vitest";
import {
  checkFusionConfig,
  createFusion,
  defaultFusionConfig,
  fusionConfigSchema,
  pipesOf,
} from "../src/index.js";
import { fsView, makeFolder } from "./support.js";
import { ManualClock } from "@fustor/testkit";

const parse = (value: unknown) => parseConfig("fusion-config.yaml", fusionConfigSchema, value);

describe("fusion config", () => {
  it("is the default one when the file says nothing", () => {
    expect(parse({})).toEqual(defaultFusionConfig);
  });

  it("listens on loopback by default", () => {
    expect(defaultFusionConfig.listen).toEqual({
      host: "127.0.0.1",
      port: 8102,
      insecure: false,
      allowed_hosts: [],
    });
  });

  it("gives every view a pipe of its own when no pipe is configured", () => {
    const pipes = pipesOf(parse({ views: [{ id: "a" }, { id: "b" }] }));
    expect(pipes.map(({ id, view_ids }) => [id, view_ids])).toEqual([
      ["a", ["a"]],
      ["b", ["b"]],
    ]);
    expect(pipes[0]).toEqual(parse({ pipes: [{ id: "a", view_ids: ["a"] }] }).pipes?.[0]);
  });

  it("takes the example of the documentation", () => {
    const config = parse({
      listen: { host: "127.0.0.1", port: 8102 },
      views: [{ id: "research", type: "fs", config: { hot_file_threshold_sec: 60 } }],
      pipes: [{ id: "research-in", view_ids: ["research"], session_timeout_seconds: 30 }],
    });
    expect(() => {
      checkFusionConfig(config);
    }).not.toThrow();
    expect(config.pipes?.[0]?.audit_interval_sec).toBe(600);
  });

  it("refuses a view that no pipe feeds", () => {
    const config = parse({
      views: [{ id: "a" }, { id: "b" }],
      pipes: [{ id: "p", view_ids: ["a"] }],
    });
    expect(() => {
      checkFusionConfig(config);
    }).toThrow(/views\/1\/id no pipe feeds the view "b"/);
  });

  it("refuses options that it does not know", () => {
    expect(() => parse({ listen: { unix: "/run/fusion.sock" } })).toThrow(/unix/);
  });

  it.each([
    [{ listen: { tls: {} } }, /tls/],
    [{ listen: { tls: { cert: "/c.pem" } } }, /key/],
    [{ listen: { tls: { cert: "c.pem", key: "/k.pem" } } }, /absolute path/],
    [{ limits: { max_query_nodes: 99 } }, /max_query_nodes.*100/],
    [{ limits: { max_sessions: 0 } }, /max_sessions/],
    [{ limits: { header_timeout_sec: 0.5 } }, /header_timeout_sec/],
  ])("refuses %j", (value, words) => {
    expect(() => parse(value)).toThrow(words);
  });

  it("refuses a head that may take longer than its whole request", () => {
    const config = parse({ limits: { header_timeout_sec: 20, request_timeout_sec: 19 } });
    expect(() => {
      checkFusionConfig(config);
    }).toThrow(/limits\/header_timeout_sec.*request_timeout_sec/);
  });

  it("names every unknown and every repeated id at once, each with its place", () => {
    const config = parse({
      views: [{ id: "a" }, { id: "a" }],
      pipes: [
        { id: "p", view_ids: ["a", "nope"] },
        { id: "p", view_ids: ["a", "a"] },
      ],
    });
    const error = caught(() => {
      checkFusionConfig(config, { subject: "f.yaml", locate: () => ({ line: 7, column: 3 }) });
    });
    expect(error.issues.map(({ path }) => path)).toEqual([
      "/views/1/id",
      "/pipes/1/id",
      "/pipes/0/view_ids/1",
      "/pipes/1/view_ids/1",
    ]);
    expect(error.message).toContain('f.yaml:7:3 /pipes/0/view_ids/1 names the unknown view "nope"');
  });

  it("points at the option of a view that does not fit", async () => {
    const config = parse({ views: [{ id: "a", config: { hot_file_treshold_sec: 1 } }] });
    const home = await makeFolder();
    const fusion = createFusion({
      config,
      home,
      clock: new ManualClock(),
      random: () => 0.5,
      loadView: async () => fsView,
    });
    await expect(fusion).rejects.toThrow(/\/views\/0\/config.*hot_file_treshold_sec/s);
  });

  it("refuses a view whose schema it cannot answer for", async () => {
    const home = await makeFolder();
    const fusion = createFusion({
      config: defaultFusionConfig,
      home,
      clock: new ManualClock(),
      random: () => 0.5,
      loadView: async () => ({
        ...fsView,
        create: () => ({ schema: "jsonl", apply: () => undefined }),
      }),
    });
    await expect(fusion).rejects.toThrow(/schema is "jsonl"/);
  });
});

function caught(run: () => void): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("no ConfigError");
}
