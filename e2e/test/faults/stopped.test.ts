import { expect, it } from "vitest";
import { stopped } from "../../faults/stopped.js";
import { atEndOfTest } from "../../support/at-end.js";

/** Each stands still for longer than its sessions live; `pnpm faults` tries whole minutes. */
const TIMES = { seconds: 7, sessionTimeoutSec: 3 };

it("agents and Fusion, stopped for longer than sessions live, miss nothing and lose nothing", async () => {
  const { stops, falseDeletions } = await stopped({ ...TIMES, atEnd: atEndOfTest });
  process.stderr.write(`  ${JSON.stringify(stops)}\n`);
  expect(falseDeletions).toEqual([]);
  // The other one took over; a Fusion that stood still ends no session of those who did not.
  expect(stops).toMatchObject([
    { who: "the leader", leaders: ["b"], sessionsKept: 1 },
    { who: "Fusion", leaders: ["b"], sessionsKept: 2 },
    { who: "both agents", leaders: [expect.any(String)], sessionsKept: 0 },
  ]);
});
