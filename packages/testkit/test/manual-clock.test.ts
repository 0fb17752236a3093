import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/index.js";

describe("manual clock", () => {
  it("wakes sleepers in order, each at its own moment", async () => {
    const clock = new ManualClock(1_000);
    const woken: number[] = [];
    const sleep = async (ms: number) => {
      await clock.sleep(ms);
      woken.push(clock.now());
    };
    const sleeping = Promise.all([sleep(300), sleep(100), sleep(200)]);
    await clock.advance(299);
    expect(woken).toEqual([1_100, 1_200]);
    await clock.advance(1);
    await sleeping;
    expect(woken).toEqual([1_100, 1_200, 1_300]);
    expect(clock.now()).toBe(1_300);
  });

  it("wakes who sleeps again within the same step", async () => {
    const clock = new ManualClock(0);
    let beats = 0;
    const stop = new AbortController();
    const beating = (async () => {
      for (;;) {
        await clock.sleep(10, stop.signal);
        beats += 1;
      }
    })();
    await clock.advance(100);
    expect(beats).toBe(10);
    stop.abort();
    await expect(beating).rejects.toThrow();
  });

  it("rejects with the signal's reason, at once if it has aborted", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(10, stop.signal);
    stop.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    await expect(clock.sleep(10, stop.signal)).rejects.toThrow("enough");
    expect(clock.sleepers).toBe(0);
  });
});
