import { expect, it } from "vitest";
import { describe, killLoop } from "../../faults/kill-loop.js";
import { atEndOfTest } from "../../support/at-end.js";

const ROUNDS = 20;
/** Half a minute on an idle machine; every start takes longer on a busy one. */
const PATIENCE_MS = 240_000;

it(
  "agent and Fusion, killed 20 times at any moment, lose nothing that was acknowledged",
  async () => {
    const report = await killLoop({ rounds: ROUNDS, seed: 1, atEnd: atEndOfTest });
    process.stderr.write(`  ${describe(report)}\n`);
    expect(report.rounds).toBe(ROUNDS);
    expect(report.fusionKills).toBeGreaterThan(5);
    expect(report.agentKills).toBeGreaterThan(2);
    expect(report.factsChecked).toBeGreaterThan(100);
  },
  PATIENCE_MS,
);
