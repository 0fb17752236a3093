import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { createFilled } from "./filled.js";
import { change, createWorld, push } from "./support.js";

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

async function readDocument(): Promise<Document> {
  const world = await createWorld();
  const { body } = await world.call("GET", "/api/v1/openapi.json", undefined, { key: null });
  return body as Document;
}

const CALLS = ["entries", "entry", "explain", "usage", "coverage"];

describe("the OpenAPI document", () => {
  it("names every call", async () => {
    const { openapi, paths } = await readDocument();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/healthz",
        "/api/v1/views",
        "/api/v1/views/{view}/tree",
        ...CALLS.map((call) => `/api/v1/views/{view}/${call}`),
        "/api/v2/pipe/ingest/{id}/events",
      ]),
    );
  });

  it("says what each parameter of the newer calls is", async () => {
    const { paths } = await readDocument();
    const entries = paths["/api/v1/views/{view}/entries"]?.["get"]?.parameters ?? [];
    expect(entries).toContainEqual({
      in: "query",
      name: "limit",
      required: false,
      description: expect.stringContaining("10000") as string,
      schema: { type: "integer", minimum: 1 },
    });
    expect(JSON.stringify(paths)).not.toContain("patternMeans");
  });

  it("describes what the calls answer", async () => {
    const { paths } = await readDocument();
    const { world, session } = await createFilled({
      "/": { "a/": {}, "b/": {}, f: {} },
      "/a": { one: { size: 9, ino: 7, nlink: 2 }, two: { size: 9, ino: 7, nlink: 2 } },
    });
    const now = world.clock.now();
    await push(world, session, "realtime", 1, [
      { ...change("/a/\udcff", now), settled: [] },
      {
        kind: "lost",
        message_source: "realtime",
        started_at: now,
        ended_at: now,
        scope: "/a",
        reason: "x",
      },
    ]);
    const questions = [
      "entries?limit=2",
      "entries?fields=path,ino,mtime_ns",
      "entry?path=/a/one",
      "entry?path_b64=L2Ev/w==",
      "explain?path=/a/one",
      "explain?path=/b/none",
      "usage?depth=2&top=1",
      "coverage?path=/a",
    ];
    await world.fusion.keys.create({ name: "n", scopes: ["query:default"], expiresAt: now + 1 });
    const scan = await world.call("POST", "/api/v1/views/default/scans", { path: "/a" });
    questions.push("scans", `scans/${(scan.body as { id: string }).id}`, "holds");
    const ajv = new Ajv2020({ strict: false });
    for (const question of questions) {
      const call = question.replace(/\?.*/, "").replace(/^scans\/.*/, "scans/{id}");
      const operation = paths[`/api/v1/views/{view}/${call}`]?.["get"];
      const schema = operation?.responses["200"]?.content?.["application/json"]?.schema;
      expect(schema, call).toBeDefined();
      const reply = await world.call("GET", `/api/v1/views/default/${question}`);
      expect(reply.status, reply.text).toBe(200);
      const fits = ajv.compile(schema ?? {});
      expect(fits(reply.body) ? [] : fits.errors, question).toEqual([]);
    }
    const made = paths["/api/v1/keys"]?.["post"]?.responses["201"]?.content?.["application/json"];
    const all = paths["/api/v1/keys"]?.["get"]?.responses["200"]?.content?.["application/json"];
    const keys = await world.call("GET", "/api/v1/keys");
    const key = await world.call("POST", "/api/v1/keys", { scopes: ["query:default"] });
    for (const [operation, { body }] of [
      [all, keys],
      [made, key],
    ] as const) {
      expect(operation).toBeDefined();
      const fits = ajv.compile(operation?.schema ?? {});
      expect(fits(body) ? [] : fits.errors).toEqual([]);
    }
  });
});
