import { silentLogger, type Clock } from "@fustor/core";
import { decodeOpening } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { defaultFusionConfig, pipesOf } from "../src/index.js";
import { Domain } from "../src/domain.js";
import { FusionTime } from "../src/fusion-time.js";
import { runSweep } from "../src/sweep.js";

describe("the sweep", () => {
  it("forgives a time in which Fusion itself stood still", async () => {
    const world = createSweptDomain();
    await world.wake(60_000);
    expect(world.domain.sessions).toHaveLength(1);
    await world.stop();
  });

  it("ends a session that was silent for its time-out while Fusion listened", async () => {
    const world = createSweptDomain();
    for (let slept = 0; slept <= 30_000; slept += 500) await world.wake(500);
    expect(world.domain.sessions).toHaveLength(0);
    await world.stop();
  });
});

/** One domain with one session, and a clock whose sleepers wake when the test says. */
function createSweptDomain() {
  let now = 1_000;
  let wakeUp = (): void => undefined;
  let giveUp = (): void => undefined;
  const clock: Clock = {
    now: () => now,
    sleep: () =>
      new Promise((resolve, reject) => {
        wakeUp = resolve;
        giveUp = () => {
          reject(new Error("aborted"));
        };
      }),
  };
  const [pipe] = pipesOf(defaultFusionConfig);
  if (pipe === undefined) throw new Error("no pipe");
  const time = new FusionTime(clock);
  const domain = new Domain(pipe, [], { time, logger: silentLogger });
  domain.open(decodeOpening({ task_id: "a:p" }), "127.0.0.1");
  const abort = new AbortController();
  const swept = { clock, time, views: new Map(), domains: new Map([[pipe.id, domain]]) };
  const ended = runSweep(swept, abort.signal);
  return {
    domain,
    wake: async (ms: number) => {
      now += ms;
      wakeUp();
      await new Promise(setImmediate);
    },
    stop: () => {
      abort.abort();
      giveUp();
      return ended;
    },
  };
}
