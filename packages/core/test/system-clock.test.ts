import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createSystemClock } from "../src/host/index.js";

describe("createSystemClock", () => {
  it("starts at the wall clock", () => {
    const before = Date.now();
    const now = createSystemClock().now();
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
  });

  it("follows the anchor and not the wall clock", () => {
    const clock = createSystemClock();
    const shifted = createSystemClock(clock.anchor + 3_600_000);
    expect(Math.round((shifted.now() - clock.now()) / 3_600_000)).toBe(1);
    expect(shifted.anchor).toBe(clock.anchor + 3_600_000);
  });

  it("never goes back", () => {
    const clock = createSystemClock();
    const times = Array.from({ length: 1_000 }, () => clock.now());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("sleeps at least as long as asked", async () => {
    const clock = createSystemClock();
    const before = clock.now();
    await clock.sleep(20);
    expect(clock.now() - before).toBeGreaterThanOrEqual(20);
  });

  it("ends a sleep with the reason of its signal, also one that came before", async () => {
    const clock = createSystemClock();
    const abort = new AbortController();
    // Longer than one timer of Node can be.
    const sleeping = clock.sleep(2 ** 40, abort.signal);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(createSystemClock().sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("forgets its signal when it has slept", async () => {
    const { signal } = new AbortController();
    await createSystemClock().sleep(1, signal);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("keeps no timer once it was told to end", async () => {
    const countTimers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const abort = new AbortController();
    const before = countTimers();
    const sleeping = createSystemClock().sleep(60_000, abort.signal);
    expect(countTimers()).toBe(before + 1);
    abort.abort();
    await expect(sleeping).rejects.toThrow();
    expect(countTimers()).toBe(before);
  });
});
