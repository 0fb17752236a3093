import { describe, expect, it } from "vitest";
import type { AgentConsolePipe } from "../src/agent-api.js";
import { progressOf } from "../src/web/agent/progress.js";

type Parts = Pick<AgentConsolePipe, "phase" | "walk" | "source">;

const BEGAN = 1_000_000;
const walk = { startedAt: BEGAN, rowsSent: 500 };
const before = { lastWalkDirectories: 1_000, lastWalkMs: 60_000 };

/** After ten seconds. */
function progress(parts: Partial<Parts>) {
  const pipe = { phase: "audit", walk, source: {}, ...parts } satisfies Parts;
  return progressOf(pipe as unknown as AgentConsolePipe, BEGAN + 10_000);
}

describe("how far a walk has come", () => {
  it("is told by what the walk before it found, at its own pace", () => {
    expect(progress({ source: { ...before, walkDirectories: 250 } })).toEqual({
      ms: 10_000,
      rowsSent: 500,
      directories: 250,
      expected: { directories: 1_000, share: 0.25, leftMs: 30_000 },
    });
  });

  it("is told at the pace of the walk before it as long as it has none of its own", () => {
    const { expected } = progress({ source: { ...before, walkDirectories: 10 } }) ?? {};
    expect(expected?.leftMs).toBeCloseTo(59_400);
  });

  it("is not made up for a first walk, a part, a tree that has grown, or a source that does not tell", () => {
    for (const parts of [
      { phase: "snapshot", source: { walkDirectories: 250 } },
      { phase: "scan", source: { ...before, walkDirectories: 250 } },
      { source: { ...before, walkDirectories: 1_001 } },
      { source: before },
    ] as const) {
      expect(progress(parts)).toMatchObject({ ms: 10_000, expected: undefined });
    }
  });

  it("is nothing while there is no walk", () => {
    const idle = { phase: "idle", source: before } satisfies Parts;
    expect(progressOf(idle as unknown as AgentConsolePipe, BEGAN)).toBeUndefined();
  });
});
