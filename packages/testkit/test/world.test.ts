import { isBelow, joinPath, parentPath } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { runHistory, shrinkHistory, type Believer, type CreateBeliever } from "../src/index.js";

describe("the simulated world", () => {
  it("lives the same history again from the same seed", () => {
    const [once, again] = [live(believeNothing), live(believeNothing)];
    expect(again.records).toEqual(once.records);
    expect(again.strikes).toEqual(once.strikes);
  });

  it("finds out who believes nothing", () => {
    const { breaches, operations } = live(believeNothing);
    expect(breaches.map(({ law }) => law)).toContain("convergence");
    const count = [...operations.values()].reduce((sum, n) => sum + n, 0);
    expect(count).toBeGreaterThanOrEqual(150);
  });

  it("finds out who believes everything in the order of its arrival", () => {
    const laws = Array.from({ length: 8 }, (_, seed) => live(believeAll, seed + 1).breaches)
      .flat()
      .map(({ law }) => law);
    expect(laws).toContain("no false delete");
  });

  it("shrinks a failing history to fewer steps that fail in the same way", () => {
    const options = { seed: 1, world: "local", createBeliever: believeNothing } as const;
    const without = shrinkHistory({ ...options, digestOf: () => "" });
    const { breaches, steps } = runHistory({ ...options, digestOf: () => "", without });
    expect(breaches.length).toBeGreaterThan(0);
    expect(steps - without.size).toBeLessThan(10);
  });
});

function live(createBeliever: CreateBeliever, seed = 1) {
  return runHistory({ seed, world: "lag60", createBeliever, digestOf: () => "" });
}

/** Has no doubts, and nothing else. */
function believe(apply: Believer["apply"], rows: ReturnType<Believer["rows"]>): Believer {
  return {
    ...{ apply, rows: () => rows, decided: new Map(), takeWanted: () => [] },
    ...{ doubts: () => [], suspects: () => [], gaps: () => [], held: () => [] },
    ...{ blindSpots: () => [], hash: () => "" },
    doubtsDue: () => ({ probes: [], listings: [] }),
  };
}

const believeNothing: CreateBeliever = () => believe(() => undefined, new Map());

const believeAll: CreateBeliever = (feed) => {
  const rows = new Map<string, undefined>();
  const remove = (path: string): void => {
    for (const other of rows.keys()) {
      if (other !== path && !isBelow(other, path)) continue;
      rows.delete(other);
      feed(other, { kind: "gone" });
    }
  };
  return believe((record) => {
    for (const message of record.kind === "batch" ? record.messages : []) {
      if (message.kind === "listing") {
        const names = new Set(
          message.entries.rows.map(([n]) => joinPath(message.scope, String(n))),
        );
        for (const path of [...rows.keys()]) {
          if (parentPath(path) === message.scope && !names.has(path)) remove(path);
        }
      }
      if (message.kind !== "change") continue;
      for (const path of message.deletes) remove(path);
      for (const [key] of message.upserts.rows) {
        rows.set(String(key), undefined);
        feed(String(key), { kind: "set", attributes: undefined });
      }
    }
  }, rows);
};
