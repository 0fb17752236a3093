import { signal } from "@preact/signals";
import type { AgentConsolePipe, AgentConsoleStatus } from "../../agent-api.js";
import { History, Mean, Rate } from "../shared/history.js";

/** What the charts of one pipe show. */
export interface PipeSamples {
  /** Rows sent a second. */
  readonly rows: History;
  /** Rows that wait. */
  readonly waiting: History;
  /** Milliseconds until a batch was taken. */
  readonly taking: History;
}

interface Kept extends PipeSamples {
  readonly rate: Rate;
  readonly mean: Mean;
}

const kept = new Map<string, Kept>();

/** Counts the samples, so that whoever shows them hears of the next one. */
export const sampled = signal(0);

/** Takes the figures of a status for the charts. */
export function noteSample({ now, pipes }: AgentConsoleStatus): void {
  const at = now / 1_000;
  for (const { id, counters } of pipes) {
    const samples: Kept = kept.get(id) ?? {
      rows: new History(),
      waiting: new History(),
      taking: new History(),
      rate: new Rate(),
      mean: new Mean(),
    };
    kept.set(id, samples);
    samples.rows.add(at, [samples.rate.next(at, counters.rowsSent)]);
    samples.waiting.add(at, [counters.buffered]);
    samples.taking.add(at, [samples.mean.next(counters.sendMs, counters.batchesSent)]);
  }
  sampled.value += 1;
}

/** Undefined before the first sample. */
export function samplesOf({ id }: AgentConsolePipe): PipeSamples | undefined {
  return sampled.value === 0 ? undefined : kept.get(id);
}
