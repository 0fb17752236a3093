import { readFileSync } from "node:fs";
import type { V1IngestRequest } from "../src/index.js";

/** One line of `fixtures/v1-exchanges.jsonl`; its README explains the fields. */
export interface Exchange {
  readonly class: "keep" | "shape-only" | "defect";
  readonly world: "empty" | "leader" | "follower" | "snapshot" | "changes";
  readonly key: "right" | "wrong" | "missing";
  readonly instead?: { readonly status: number; readonly response?: object };
  readonly why?: string;
  readonly server: "receiver" | "management";
  readonly method: string;
  readonly path: string;
  readonly request: object | null;
  readonly status: number;
  readonly response: unknown;
}

const file = new URL("fixtures/v1-exchanges.jsonl", import.meta.url);

export const exchanges: readonly Exchange[] = readFileSync(file, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Exchange);

/** The bodies of all ingest calls, in their order. */
export const ingestBodies: readonly V1IngestRequest[] = exchanges
  .filter(({ path }) => path.includes("/ingest/"))
  .map(({ request }) => request as V1IngestRequest);
