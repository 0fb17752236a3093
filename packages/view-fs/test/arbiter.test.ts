import { createScope } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import {
  CLOCK_DOUBT_MS,
  mayAppear,
  mayRemove,
  mayUpdate,
  order,
  type Evidence,
} from "../src/arbiter.js";

const SCOPE = createScope({ filePattern: "*", exclude: [] });

/** `span`: from the first look to the last. */
function event(agentId: string, ...span: [number, number?]): Evidence {
  return evidence(agentId, span, { realtime: true, stream: "realtime" });
}

function listing(agentId: string, ...span: [number, number?]): Evidence {
  return evidence(agentId, span, {});
}

function relisting(agentId: string, ...span: [number, number?]): Evidence {
  return evidence(agentId, span, { stream: "realtime" });
}

function lagging(agentId: string, lagMs: number, ...span: [number, number?]): Evidence {
  return evidence(agentId, span, { lagMs });
}

function evidence(
  agentId: string,
  [startedAt, endedAt = startedAt]: [number, number?],
  given: Partial<Evidence>,
): Evidence {
  return {
    agentId,
    bootId: "1",
    stream: "scan",
    realtime: false,
    audit: false,
    startedAt,
    endedAt,
    own: { startedAt, endedAt },
    lagMs: 0,
    knownLagMs: 0,
    scope: SCOPE,
    ...given,
  };
}

describe("order of evidence", () => {
  it.each([
    ["events of one agent: arrival, not time", event("a", 10), event("a", 99), "newer"],
    ["listings of one stream: arrival, not time", listing("a", 10), listing("a", 99), "newer"],
    ["listings of two streams: by time", relisting("a", 10), listing("a", 99), "older"],
    [
      "listings of two streams that overlap",
      relisting("a", 15, 25),
      listing("a", 10, 20),
      "unclear",
    ],
    ["a listing begun after the event", listing("a", 11), event("a", 10), "newer"],
    [
      "a listing begun while the event was looked at",
      listing("a", 11),
      event("a", 10, 12),
      "unclear",
    ],
    ["a listing begun in the same millisecond", listing("a", 10), event("a", 10), "unclear"],
    ["a listing that ended before the event", listing("a", 8, 9), event("a", 10), "older"],
    ["an event older than the agent's own listing", event("a", 9), listing("a", 10, 12), "older"],
    ["an event during the agent's own listing", event("a", 11), listing("a", 10, 12), "unclear"],
    ["another agent's later event", event("b", 11), event("a", 10), "newer"],
    ["another agent's earlier event", event("b", 9), event("a", 10), "older"],
    ["another agent's later listing", listing("b", 11), event("a", 10), "newer"],
    ["an event older than another agent's listing", event("b", 9), listing("a", 10), "older"],
    ["an own listing within the lag", lagging("a", 60, 70), event("a", 10), "unclear"],
    ["an own listing beyond the lag", lagging("a", 60, 71), event("a", 10), "newer"],
    [
      "lag between listings of one agent",
      { ...lagging("a", 60, 70), stream: "realtime" as const },
      lagging("a", 60, 69),
      "newer",
    ],
    ["another agent's listing within the lag", lagging("b", 60, 70), listing("a", 10), "unclear"],
  ])("%s", (_name, arriving, believed, expected) => {
    expect(order(arriving, believed)).toBe(expected);
  });

  it("takes whatever a restarted agent says as newer than what its former self said", () => {
    expect(order({ ...listing("a", 1), bootId: "2" }, event("a", 99))).toBe("newer");
  });
});

describe("an event that was confirmed by a look", () => {
  it("is not made weaker by it", () => {
    const told = event("b", 100);
    const seen = lagging("b", 60, 101);
    const late = event("a", 99);
    expect(mayUpdate(late, { seen, told: undefined })).toBe(true);
    expect(mayUpdate(late, { seen, told })).toBe(false);
    expect(mayRemove(late, { seen, told })).toBe(false);
  });
});

describe("decisions", () => {
  const newer = [listing("a", 11), event("a", 10)] as const;
  const older = [listing("a", 9), event("a", 10)] as const;
  const eventUnclear = [event("a", 11), listing("a", 10, 12)] as const;
  const listingUnclear = [listing("a", 11), event("a", 10, 12)] as const;
  const laterStart = [relisting("a", 15, 25), listing("a", 10, 20)] as const;
  const earlierStart = [relisting("a", 5, 15), listing("a", 10, 20)] as const;
  const doubtful = [listing("b", 10 + CLOCK_DOUBT_MS), listing("a", 10)] as const;
  const beyondDoubt = [listing("b", 11 + CLOCK_DOUBT_MS), listing("a", 10)] as const;
  const foreignOverlap = [listing("b", 15, 25), listing("a", 10, 20)] as const;
  it.each([
    ["newer", newer, { update: true, appear: true, remove: true }],
    ["older", older, { update: false, appear: false, remove: false }],
    ["an event, unclear", eventUnclear, { update: true, appear: true, remove: true }],
    [
      "a listing against an event, unclear",
      listingUnclear,
      { update: false, appear: false, remove: false },
    ],
    [
      "an overlapping listing begun later",
      laterStart,
      { update: true, appear: true, remove: false },
    ],
    [
      "an overlapping listing begun earlier",
      earlierStart,
      { update: false, appear: false, remove: false },
    ],
    [
      "another agent's listing that is newer, if its clock is right",
      doubtful,
      { update: true, appear: true, remove: false },
    ],
    [
      "another agent's listing that is newer beyond doubt",
      beyondDoubt,
      { update: true, appear: true, remove: true },
    ],
    [
      "another agent's overlapping listing begun later",
      foreignOverlap,
      { update: false, appear: true, remove: false },
    ],
  ])("%s", (_name, [arriving, believed], expected) => {
    expect({
      update: mayUpdate(arriving, { seen: believed, told: undefined }),
      appear: mayAppear(arriving, believed),
      remove: mayRemove(arriving, { seen: believed, told: undefined }),
    }).toEqual(expected);
  });
});
