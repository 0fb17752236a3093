import { runHistory, shrinkHistory, WORLDS, type WorldName } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createReference, digestOfRows } from "./believer.js";

/** Histories of each world: few enough for every run; `pnpm soak` goes on from there. */
const HISTORIES: Readonly<Record<WorldName, number>> = {
  lag60: 45,
  lag3: 45,
  mixed: 30,
  all60: 15,
  local: 45,
};
/** For a machine that has much else to do. */
const TIMEOUT_MS = 600_000;
/** Every how many histories the feed's replica is compared at every revision. */
const THOROUGH_EVERY = 9;

/** Histories of soaks that broke a law before the rules were mended. */
const FOUND = [
  ["lag60", 1_007_190],
  ["all60", 1_019_447],
] as const;

const RULES = [
  ...["1 created", "1 updated", "1 confirmed", "1 agreed", "1 existence loses", "1 absence loses"],
  ...["1 alive", "1 doubt", "1 doubt settled", "1 another inode", "1 sunk", "1 type changed"],
  ...["2 tombstone", "2 barrier", "2 listed without", "2 folded"],
  ...["3 placeholder", "3 kept for what is below"],
  ...["4 complete", "4 partial", "4 not shown", "4 in parts", "4 not listed", "5 event", "5 probe"],
  ...["6 lost", "6 new boot", "6 closed", "7 unreadable scope", "7 unreadable"],
  ...["7 approved", "7 rejected", "7 foreign root", "scope", "scope purged"],
  ...["7 held", "7 released", "8 addition", "8 modification", "8 deletion", "8 explained"],
  ...["9 suspect", "9 closed", "9 stood still", "11 equal", "11 differs"],
  ...["12 relinked", "12 apart", "12 moved over", "fenced", "reset", "before reset"],
];

const FAULTS = [
  ...["agent crash", "Fusion crash", "cut", "delay", "request dropped", "reply dropped"],
  ...["request doubled", "duplicate ignored", "old epoch", "election", "session timed out"],
  ...["taken over", "overflow", "buffer full", "listing torn", "directory replaced while read"],
  ...["another scope", "move over the scope's edge", "another root", "root renumbered"],
  ...[
    "approve",
    "reject",
    "mount",
    "mount met",
    "root unmounted",
    "root lost",
    "suspend",
    "reset",
    "late",
    "move told",
  ],
];

describe("the reference model in the simulated world", () => {
  const decided = new Map<string, number>();
  const struck = new Map<string, number>();

  for (const world of Object.keys(WORLDS) as WorldName[]) {
    it(
      `keeps every law in ${String(HISTORIES[world])} histories of ${world}`,
      () => {
        for (let seed = 1; seed <= HISTORIES[world]; seed += 1) {
          const isThorough = seed % THOROUGH_EVERY === 0;
          const options = { world, seed, createBeliever: createReference, digestOf: digestOfRows };
          const history = runHistory({ ...options, isThorough });
          const [breach] = history.breaches;
          if (breach !== undefined) {
            const needed = history.steps - shrinkHistory(options).size;
            throw new Error(
              `${breach.law}: ${breach.path} ${breach.detail}\n` +
                `node e2e/simulation/soak.mjs --world ${world} --seed ${String(seed)} ` +
                `--shrink --trace # ${String(needed)} of ${String(history.steps)} steps suffice`,
            );
          }
          addTo(decided, history.decided);
          addTo(struck, history.strikes);
        }
      },
      TIMEOUT_MS,
    );
  }

  it.each(FOUND)("keeps every law in what a soak found: %s %i", (world, seed) => {
    const options = { world, seed, createBeliever: createReference, digestOf: digestOfRows };
    expect(runHistory(options).breaches).toEqual([]);
  });

  it("lets every rule decide and every fault strike", () => {
    expect(RULES.filter((rule) => !decided.has(rule))).toEqual([]);
    expect(FAULTS.filter((fault) => !struck.has(fault))).toEqual([]);
  });

  it("folds one log to one state, however often, and whatever ticks come between", () => {
    const options = { world: "lag3", seed: 5, digestOf: digestOfRows } as const;
    const { records } = runHistory({ ...options, createBeliever: createReference });
    const [once, again, ticked] = [fold(records), fold(records), createReference(() => undefined)];
    for (const record of records) {
      ticked.apply({ kind: "tick", at: record.at });
      ticked.apply(record);
    }
    expect(again.hash()).toBe(once.hash());
    expect(ticked.hash()).toBe(once.hash());
  });
});

function fold(records: ReturnType<typeof runHistory>["records"]) {
  const believer = createReference(() => undefined);
  for (const record of records) believer.apply(record);
  return believer;
}

function addTo(counts: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [key, count] of more) counts.set(key, (counts.get(key) ?? 0) + count);
}
