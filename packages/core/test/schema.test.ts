import { describe, expect, expectTypeOf, it } from "vitest";
import { parseConfig } from "../src/host/index.js";

const schema = {
  type: "object",
  required: ["path"],
  properties: {
    path: { type: "string" },
    mode: { type: "string", enum: ["auto", "poll"], default: "auto" },
    poll_ms: { type: "integer" },
    strict: { type: "boolean", default: false },
    names: { type: "array", items: { type: "number" }, default: [] },
    tls: { type: "object", required: ["cert"], properties: { cert: { type: "string" } } },
  },
} as const;

describe("ConfigOf", () => {
  it("makes present what is required or has a default, and the rest optional", () => {
    const config = parseConfig("test", schema, { path: "a" });
    expect(config).toEqual({ path: "a", mode: "auto", strict: false, names: [] });
    expectTypeOf(config).branded.toEqualTypeOf<{
      readonly path: string;
      readonly mode: "auto" | "poll";
      readonly strict: boolean;
      readonly names: readonly number[];
      readonly poll_ms?: number;
      readonly tls?: { readonly cert: string };
    }>();
  });
});
