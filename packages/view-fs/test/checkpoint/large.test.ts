import type { CheckpointSlice, ViewRecord } from "@fustor/core";
import { LISTING_FIELDS, toRow } from "@fustor/schema-fs";
import { Chance } from "@fustor/testkit";
import { expect, it } from "vitest";
import { beginCheckpoint } from "../../src/checkpoint/write.js";
import { hashOf } from "../../src/core/state.js";
import type { Limits } from "../../src/core/world.js";
import { directory, file } from "../scene.js";
import { applyAll, begin, restored } from "./picture.js";

const DIRECTORIES = 16;
const FILES = 500;
const LIMITS: Partial<Limits> = {
  brake: { rows: 1e9, share: 1, holdsMax: 1 },
  tombstonesMax: 500,
  blindSpotsMax: 10,
};
const SESSION = { sessionId: "s", stream: "scan" } as const;

/** Many pages of each column, and names that come and go until their memory is used again. */
it("reads a large view as it was when it was begun, while all of it changes", async () => {
  const chance = new Chance(1);
  const original = begin(LIMITS);
  applyAll(original, [...opening(), ...listings(chance, 1), ...listings(chance, 2)]);
  const { tree } = original.core.world;
  const hash = hashOf(original.core.world);
  const tail = [...listings(chance, 3), ...listings(chance, 4)];

  const reading = beginCheckpoint(original.core, 0).slices[Symbol.iterator]();
  const slices: CheckpointSlice[] = [];
  for (const [i, record] of tail.entries()) {
    if (i % 2 === 0) slices.push(reading.next().value as CheckpointSlice);
    applyAll(original, [record]);
  }
  for (let next = reading.next(); next.done !== true; next = reading.next())
    slices.push(next.value);

  const pages = (section: string) =>
    slices.filter((slice) => slice.section.startsWith(`${section}/`)).length;
  expect(pages("files")).toBeGreaterThan(1);
  expect(pages("names")).toBeGreaterThan(4);
  expect(Math.max(...slices.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(2 ** 20);
  expect(slices.every(({ section }) => /^[a-zA-Z]{1,50}(\/\d{1,9})?$/.test(section))).toBe(true);

  const copy = await restored(slices, LIMITS);
  expect(hashOf(copy.core.world)).toBe(hash);
  applyAll(copy, tail);
  expect(hashOf(copy.core.world)).toBe(hashOf(original.core.world));
  expect([...copy.core.world.tree.ids()]).toEqual([...tree.ids()]);
}, 120_000);

function* opening(): Generator<ViewRecord> {
  const source = { schema: "fs", uri: "/data", identity: "ext4:2", scope: {} };
  const speaker = { sessionId: "s", agentId: "a", bootId: "1", dialect: "v2" } as const;
  const clock = { clockOffsetMs: 0, clockErrorMs: 0 };
  yield {
    ...{ kind: "opened", at: 0 },
    speaker: { ...speaker, ...clock, source: { ...source, facts: { network: false } } },
  };
  yield { kind: "role", at: 0, sessionId: "s", role: "leader" };
}

/** Every directory is listed; about half of what was in it has another name than in `round` - 1. */
function* listings(chance: Chance, round: number): Generator<ViewRecord> {
  for (let i = 0; i < DIRECTORIES; i += 1) {
    const at = round * 100_000 + i;
    const rows = Array.from({ length: FILES }, (_, n) => {
      const version = chance.often(0.5) ? round : round - 1;
      const name = `${String(n).padStart(6, "0")}-${String(i)}-${"x".repeat(180)}-${String(version)}`;
      return toRow(name, file({ size: chance.below(1_000), ino: round * 1e6 + i * FILES + n }));
    });
    const seen = { source: "audit", startedAt: at, endedAt: at } as const;
    const entries = { fields: LISTING_FIELDS, rows };
    const self = toRow("", directory());
    const whole = { complete: true, part: 0, last: true };
    const scope = `/${String(i)}`;
    const listing = { kind: "listing", ...seen, scope, entries, self, ...whole } as const;
    yield { kind: "batch", at, ...SESSION, messages: [listing] };
  }
}
