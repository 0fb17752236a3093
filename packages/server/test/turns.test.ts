import { expect, it } from "vitest";
import { Turns } from "../src/http/turns.js";

/** So many steps, each of which is noted; the result is their count. */
function* work(
  name: string,
  steps: number,
  log: string[],
): Generator<undefined, number, undefined> {
  try {
    for (let step = 0; step < steps; step += 1) {
      log.push(name);
      yield;
    }
    return steps;
  } finally {
    log.push(`end of ${name}`);
  }
}

const never = new AbortController().signal;

/** The same without repetitions. */
function summed(log: readonly string[]): string[] {
  return log.filter((name, i) => name !== log[i - 1]);
}

it("lets questions work by turns, a slice of each", async () => {
  let now = 0;
  const turns = new Turns(() => (now += 1));
  const log: string[] = [];
  const results = await Promise.all([
    turns.run(work("a", 2_000, log), never),
    turns.run(work("b", 2_000, log), never),
  ]);
  expect(results).toEqual([2_000, 2_000]);
  expect(summed(log).slice(0, 6)).toEqual(["a", "b", "a", "b", "a", "b"]);
});

it("looks at the event loop now and then even where the clock stands still", async () => {
  const turns = new Turns(() => 0);
  const log: string[] = [];
  await Promise.all([
    turns.run(work("long", 10_000, log), never),
    turns.run(work("short", 10, log), never),
  ]);
  expect(summed(log)).toEqual(["long", "short", "end of short", "long", "end of long"]);
});

it("gives up when nobody waits for the answer any more", async () => {
  const turns = new Turns(() => 0);
  const client = new AbortController();
  const log: string[] = [];
  const answer = turns.run(work("a", 1_000_000, log), client.signal);
  client.abort(new Error("gone"));
  await expect(answer).rejects.toThrow("gone");
  expect(log.length).toBeLessThan(10_000);
});

it("ends the work of whoever reads no more pieces", async () => {
  const turns = new Turns(() => 0);
  let isEnded = false;
  function* numbers(): Generator<number, undefined, undefined> {
    try {
      for (let number = 0; ; number += 1) yield number;
    } finally {
      isEnded = true;
    }
  }
  for await (const piece of turns.pieces(numbers(), never)) {
    expect(piece[0]).toBe(0);
    break;
  }
  expect(isEnded).toBe(true);
});

it("turns away whoever comes when too many wait", async () => {
  const turns = new Turns(() => 0);
  const answers = Array.from({ length: 65 }, () => turns.run(work("a", 1, []), never));
  const settled = await Promise.allSettled(answers);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(await turns.run(work("a", 7, []), never)).toBe(7);
});
