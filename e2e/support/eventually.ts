import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** The ceiling. Default: 15 s, wide, so that only a real fault reaches it. */
  readonly withinMs?: number;
  /** Completes "Waited in vain for ...". */
  readonly what: string;
}

/** Thrown by a look that has seen that no further look can help. */
export class Hopeless extends Error {
  override readonly name = "Hopeless";
}

/**
 * Asks again and again until the answer is not `undefined`, and returns it. An error of the last
 * look becomes the cause of the failure.
 */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { withinMs = 15_000, what }: Patience,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let problem: unknown;
  for (;;) {
    const began = performance.now();
    try {
      const answer = await look();
      if (answer !== undefined) return answer;
      problem = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      problem = error;
    }
    const now = performance.now();
    if (now >= deadline) {
      const why = problem instanceof Error ? `: ${problem.message}` : "";
      throw new Error(`Waited ${String(withinMs)} ms in vain for ${what}${why}`, {
        cause: problem,
      });
    }
    // A costly look is repeated less often, so that looking does not slow down what is looked at.
    await sleep(Math.max(50, (now - began) / 2));
  }
}
