import { describe, expect, it } from "vitest";
import { WAITING_BYTES_MAX } from "../src/http/durable-replies.js";
import { memoryStorage, type Storage } from "../src/log/storage.js";
import { forStrangers, readinessOf } from "../src/readiness.js";
import type { LiveView } from "../src/views.js";

/** Two views that have their snapshots. */
const views = new Map(
  ["p", "q"].map((id) => {
    const fs = { readiness: () => ({ ready: true }) };
    return [id, { id, fs, roots: undefined } as unknown as LiveView] as const;
  }),
);

function withStorage(storage: Partial<Storage>, log: Partial<Storage["log"]> = {}) {
  const memory = memoryStorage();
  const changed = { ...memory, ...storage, log: { ...memory.log, ...log } };
  return readinessOf({ views, domains: new Map(), storage: changed });
}

describe("readiness", () => {
  it("is there when every view has its snapshot and the log is well", () => {
    expect(withStorage({})).toEqual({ ready: true, reasons: [] });
  });

  it("is gone for every view once the log could not be written", () => {
    const failure = "Cannot write the log: the disk is full.";
    const reason = { code: "STORAGE_FAILED", reason: failure };
    expect(withStorage({}, { failure })).toEqual({
      ready: false,
      reasons: [
        { view: "p", ...reason },
        { view: "q", ...reason },
      ],
    });
  });

  it("is gone while agents wait for the disk", () => {
    expect(withStorage({}, { bytesWaiting: WAITING_BYTES_MAX }).ready).toBe(true);
    const { ready, reasons } = withStorage({}, { bytesWaiting: WAITING_BYTES_MAX + 1 });
    expect(ready).toBe(false);
    expect(reasons[0]).toEqual({
      view: "p",
      code: "LOG_FULL",
      reason: "256 MiB wait for the disk of the log: agents wait with them",
    });
  });

  it("tells of damage, and is there all the same", () => {
    const damage = "x.log is damaged at byte 7";
    expect(withStorage({ damage })).toEqual({ ready: true, reasons: [], damage });
  });

  it("names to strangers no folder of this machine", () => {
    const damage = "/home/x/state/log/1.log is damaged at byte 7";
    const told = withStorage({ damage }, { failure: "Fusion cannot write its log in /home/x." });
    const shown = forStrangers(told);
    expect(JSON.stringify(shown)).not.toContain("/home");
    expect(shown).toMatchObject({ ready: false, damage: "Records of the log were damaged." });
    expect(shown.reasons.map(({ view, code }) => [view, code])).toEqual([
      ["p", "STORAGE_FAILED"],
      ["q", "STORAGE_FAILED"],
    ]);
    expect(forStrangers({ ready: true, reasons: [] })).toEqual({ ready: true, reasons: [] });
  });
});
