import type { Clock } from "@fustor/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ClockMap } from "../src/clock-map.js";

let wall: number;
let now: number;
let map: ClockMap;
const clock: Clock = {
  now: () => now,
  wall: () => wall,
  sleep: () => Promise.resolve(),
};

beforeEach(() => {
  now = 1_000_000;
  wall = 5_000_000;
  map = new ClockMap(clock);
});

/** A round trip that began now, after which Fusion's clock is ahead by `offset`. */
function hear(offset: number, { out = 5, back = 5 } = {}): void {
  const askedAt = now;
  now += out + back;
  wall += out + back;
  map.hear({ askedAt, answeredAt: now, serverTime: askedAt + out + offset });
}

function pass(ms: number): void {
  now += ms;
  wall += ms;
}

const at = (from: number, to = from) => map.mappingOf({ from, to });

describe("an agent's clock beside Fusion's", () => {
  it("is not known before the first round trip", () => {
    expect(at(now)).toBeUndefined();
  });

  it("is known to half of a round trip", () => {
    hear(700, { out: 1, back: 9 });
    expect(at(now)).toEqual({ offsetMs: 696, errorMs: 6 });
  });

  it("goes by the fastest of the last round trips", () => {
    hear(700, { out: 200, back: 0 });
    hear(700, { out: 1, back: 1 });
    hear(700, { out: 0, back: 300 });
    expect(at(now)).toEqual({ offsetMs: 700, errorMs: 2 });
  });

  it("is less sure the further a look lies from the round trips", () => {
    hear(700);
    expect(at(now + 100_000)?.errorMs).toBe(16);
    expect(at(now - 100_000, now)?.errorMs).toBe(15);
    pass(100_000);
    hear(700);
    expect(at(now)?.errorMs).toBe(6);
  });

  it("forgets round trips after eight more", () => {
    hear(700, { out: 0, back: 0 });
    for (let i = 0; i < 8; i += 1) hear(700, { out: 50, back: 50 });
    expect(at(now)?.errorMs).toBeGreaterThanOrEqual(50);
  });

  it("is in doubt once wall clock and monotonic clock part, until the next round trip", () => {
    hear(700);
    pass(10_000);
    expect(map.isDoubtful).toBe(false);
    wall += 1_001;
    expect(map.isDoubtful).toBe(true);
    hear(1_701);
    expect(map.isDoubtful).toBe(false);
  });

  it("is never in doubt where there is no wall clock", () => {
    map = new ClockMap({ now: () => now, sleep: () => Promise.resolve() });
    hear(700);
    wall += 5_000;
    expect(map.isDoubtful).toBe(false);
  });

  it("keeps for what was seen before a sleep the offset of before", () => {
    hear(700);
    const before = now;
    pass(1_000);
    hear(3_600_700);
    const after = now;
    pass(10);
    expect(at(before - 1)?.offsetMs).toBe(700);
    expect(at(after)?.offsetMs).toBe(3_600_700);
  });

  it("says of what was seen about the sleep that it lies between both", () => {
    hear(1_000);
    pass(10_000);
    const seen = now - 5_000;
    hear(9_000);
    const mapping = at(seen);
    expect(mapping?.offsetMs).toBe(5_000);
    expect(mapping?.errorMs).toBeGreaterThanOrEqual(4_005);
    expect(mapping?.errorMs).toBeLessThan(4_010);
    expect(at(seen - 10_000, now)).toMatchObject({ offsetMs: 5_000 });
  });
});
