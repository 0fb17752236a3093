import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Chance } from "@fustor/testkit";
import { Agent, type Backend } from "../support/agent.js";
import type { AtEnd } from "../support/at-end.js";
import { eventuallyEqual } from "../support/equal.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { RandomChanges } from "../support/random-changes.js";
import { ask } from "../support/view.js";

export interface StormOptions {
  readonly backend: Backend;
  /** How long it blows; Fusion is away for the middle third. */
  readonly seconds: number;
  readonly seed: number;
  readonly atEnd: AtEnd;
}

export interface StormReport {
  readonly changes: number;
  /** From the last change until the view was the disk. */
  readonly equalAfterMs: number;
  /** Names that the brake held when the last change was made. */
  readonly held: number;
}

/** As quick as they can be made, but for a breath. */
const PAUSE_MS = 20;
/** Whatever mends itself without an audit has done so by then. */
const WITHIN_MS = 120_000;

/**
 * Renames, removals and whatever else can be done to a small tree, hundreds a second, without an
 * audit that could make up for what was missed. Rejects when the view does not become the disk.
 */
export async function storm({ backend, seconds, seed, atEnd }: StormOptions): Promise<StormReport> {
  const home = await makeFolder("storm", { atEnd });
  const dir = await makeFolder("storm", { atEnd });
  await mkdir(join(dir, "work"));
  const fusion = await Fusion.start({ home: join(home, "fusion"), atEnd });
  const { endpoint, key } = fusion;
  await Agent.start({ home: join(home, "agent"), dir, endpoint, key, backend, atEnd });
  await eventuallyEqual(dir, fusion.view);
  const changes = new RandomChanges(join(dir, "work"), new Chance(seed), { pauseMs: PAUSE_MS });
  atEnd(() => changes.pause());
  const thirdMs = (seconds * 1_000) / 3;
  changes.start();
  await sleep(thirdMs);
  await fusion.stop();
  await sleep(thirdMs);
  await fusion.start();
  await sleep(thirdMs);
  await changes.pause();
  const countHeld = async (): Promise<number> => {
    const { holds } = await ask<{ holds: readonly { names: number }[] }>(fusion.view, "holds");
    return holds.reduce((sum, { names }) => sum + names, 0);
  };
  const held = await countHeld();
  try {
    const equalAfterMs = await eventuallyEqual(dir, fusion.view, { withinMs: WITHIN_MS });
    return { changes: changes.count, equalAfterMs, held };
  } catch (error) {
    const now = await countHeld();
    throw new Error(`The brake held ${String(held)} names, now ${String(now)}.`, { cause: error });
  }
}
