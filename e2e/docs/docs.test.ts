import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  changesParameters,
  entriesParameters,
  pathParameters,
  usageParameters,
  V2_ERRORS,
} from "@fustor/protocol";
import { fusionConfigSchema } from "@fustor/server";
import { describe, expect, it } from "vitest";
import { buildProgram as buildAgent } from "../../apps/agent/src/program.js";
import { buildProgram as buildFusion } from "../../apps/fusion/src/program.js";
import { buildProgram as buildFustor } from "../../apps/fustor/src/program.js";
import { agentConfigSchema } from "../../apps/agent/src/config.js";
import { configSchema as sender } from "../../packages/sender-fusion/src/config.js";
import { configSchema as source } from "../../packages/source-fs/src/config.js";
import { configSchema as view } from "../../packages/view-fs/src/config.js";
import { createWorld } from "../../packages/server/test/support.js";
import { root } from "../support/processes.js";
import { toCommandReference } from "./command-reference.js";
import { toErrorReference } from "./error-reference.js";
import { toQueryReference } from "./query-reference.js";
import { toReference, type Chapter } from "./reference.js";

const CHAPTERS: readonly Chapter[] = [
  { title: "agent-config.yaml", where: "The whole file.", schema: agentConfigSchema },
  { title: "Source `fs`", where: "`sources[].config` of type `fs`.", schema: source },
  { title: "Sender `fusion`", where: "`senders[].config` of type `fusion`.", schema: sender },
  { title: "fusion-config.yaml", where: "The whole file.", schema: fusionConfigSchema },
  { title: "View `fs`", where: "`views[].config` of type `fs`.", schema: view },
];

describe("the documents", () => {
  it("hold a configuration reference that says what the schemas say", async () => {
    await expect(toReference(CHAPTERS)).toMatchFileSnapshot(
      join(root, "docs/configuration-reference.md"),
    );
  });

  it("hold a query reference that says what the calls take", async () => {
    const calls = {
      entries: entriesParameters,
      entry: pathParameters,
      explain: pathParameters,
      usage: usageParameters,
      coverage: pathParameters,
      changes: changesParameters,
    };
    await expect(toQueryReference(calls)).toMatchFileSnapshot(
      join(root, "docs/query-reference.md"),
    );
  });

  it("hold a command reference that says what the programs say", async () => {
    const exit = () => undefined;
    const context = { launcher: { entry: "", args: [] }, exit };
    const programs = [buildAgent(context), buildFusion(context), buildFustor(exit)];
    await expect(toCommandReference(programs)).toMatchFileSnapshot(
      join(root, "docs/command-reference.md"),
    );
  });

  it("hold an error reference that says what the codes mean", async () => {
    await expect(toErrorReference()).toMatchFileSnapshot(join(root, "docs/errors.md"));
  });

  it("explain every error code, and no other", async () => {
    const source = await readText("packages/core/src/errors.ts");
    const codes = [...source.matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code);
    const text = await readText("docs/errors.md");
    const explained = [...text.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(explained.sort()).toEqual(codes.sort());
  });

  it("list every error of the HTTP interface with its status", async () => {
    const text = await readText("docs/http-api.md");
    const rows = [...text.matchAll(/^\| (\d{3}) +\| `([A-Z_]+)`/gm)];
    const listed = new Map(rows.map(([, status, code]) => [code, Number(status)]));
    expect(Object.fromEntries(listed)).toEqual({ ...V2_ERRORS });
  });

  it("name every call of the HTTP interface, and no other", async () => {
    const { body } = await (
      await createWorld()
    ).call("GET", "/api/v1/openapi.json", undefined, { key: null });
    const { paths } = body as { paths: Readonly<Record<string, object>> };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => toCall(method, path)),
    );
    const text = (await readText("docs/http-api.md")).replaceAll(/\s+/g, " ");
    const spans = [...text.matchAll(/`(GET|POST|PUT|DELETE) (\/[^` ?]*)[^`]*`/g)];
    const named = spans.flatMap(([, method = "", path = ""]) => {
      const [first = "", ...others] = path.split("|");
      const folder = first.slice(0, first.lastIndexOf("/") + 1);
      return [first, ...others.map((other) => folder + other)].map((each) => toCall(method, each));
    });
    expect(calls.length).toBeGreaterThan(30);
    // The page for people is no call.
    const ofPrograms = named.filter((call) => call !== "GET /");
    expect([...new Set(ofPrograms)].sort()).toEqual([...new Set(calls)].sort());
  });

  it("link to files that exist", async () => {
    const broken: string[] = [];
    for (const file of await documents()) {
      const text = await readText(file);
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|#)/.test(target)) continue;
        const path = join(root, dirname(file), target.replace(/#.*/, ""));
        if (!existsSync(path)) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});

/** A call in which all that is filled in is a star: `{id}` in routes, `ID` in documents. */
function toCall(method: string, path: string): string {
  const parts = path.replace(/(?!^)\/$/, "").split("/");
  const shown = parts.map((part) => (/^(?:\{.*\}|[A-Z_]+)$/.test(part) ? "*" : part));
  return `${method.toUpperCase()} ${shown.join("/")}`;
}

async function documents(): Promise<string[]> {
  const docs = await readdir(join(root, "docs"));
  const packages = await Promise.all(
    ["packages", "apps", "examples"].map(async (group) =>
      (await readdir(join(root, group))).map((name) => `${group}/${name}/README.md`),
    ),
  );
  const all = [
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...docs.map((name) => `docs/${name}`),
    ...packages.flat(),
  ];
  return all.filter((file) => file.endsWith(".md") && existsSync(join(root, file)));
}

function readText(file: string): Promise<string> {
  return readFile(join(root, file), "utf8");
}
