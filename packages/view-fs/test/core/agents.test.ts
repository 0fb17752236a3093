import type { Speaker } from "@fustor/core";
import { describe, expect, it } from "vitest";
import { Agents } from "../../src/core/agents.js";
import { NOTHING } from "../../src/core/said-scope.js";

function speaker(agentId: string, bootId = "boot-1"): Speaker {
  return {
    sessionId: `s-${agentId}`,
    agentId,
    bootId,
    dialect: "v2",
    clockOffsetMs: 0,
    clockErrorMs: 0,
    source: {
      schema: "fs",
      uri: "/data",
      identity: "r",
      scope: { filePattern: "*", exclude: [] },
      facts: { network: false },
    },
  };
}

describe("the agents that a view knows", () => {
  it("are forgotten beyond the limit: who came longest ago and is away", () => {
    const agents = new Agents(2);
    const meet = (id: string, present: readonly string[] = [], bootId?: string) =>
      agents.meet(speaker(id, bootId), NOTHING, new Set(present));
    for (const id of ["a", "b", "a"]) meet(id);
    meet("c");
    expect(agents.copy().map(([id]) => id)).toEqual(["a", "c"]);
    meet("d", ["a", "c"]);
    expect(agents.copy().map(([id]) => id)).toEqual(["a", "c", "d"]);

    expect(meet("a", [], "boot-2")).toEqual({ isNewBoot: true, hasOtherScope: false });
    // Nothing is known of it any more: it is a new one.
    expect(meet("b", [], "boot-2")).toEqual({ isNewBoot: false, hasOtherScope: false });
  });
});
