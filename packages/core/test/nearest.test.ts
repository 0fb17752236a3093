import { describe, expect, it } from "vitest";
import { nearest } from "../src/host/index.js";

describe("nearest", () => {
  it.each([
    ["sf", ["fs", "sql"], "fs"],
    ["fss", ["fs"], "fs"],
    ["sourceId", ["source_id", "sender_id"], "source_id"],
    ["sorce_idd", ["source_id"], "source_id"],
    ["endpiont", ["endpoint"], "endpoint"],
    ["enable", ["enabled"], "enabled"],
    ["sql", ["fs"], undefined],
    ["colour", ["endpoint", "credential"], undefined],
    ["id", [], undefined],
  ])("takes %j among %j for %j", (word, candidates, meant) => {
    expect(nearest(word, candidates)).toBe(meant);
  });
});
