import {
  runHistory,
  shrinkHistory,
  WORLDS,
  type History,
  type WorldName,
} from "../../packages/testkit/src/world/index.js";
import { createCore } from "../../packages/view-fs/test/core/believer.js";
import { createReference, digestOfRows } from "../../packages/view-fs/test/reference/believer.js";
import { CASES } from "../../packages/view-fs/test/reference/cases.js";
import { RULES, type Rules } from "../../packages/view-fs/test/reference/rules.js";

export { CASES, RULES };

/** Every world by its name. */
export const worlds = Object.keys(WORLDS) as WorldName[];

interface Chosen {
  /** The columnar core instead of the reference model, whose rules cannot be switched off. */
  readonly isCore?: boolean;
  readonly rules?: Partial<Rules>;
  readonly trace?: (line: string) => void;
  readonly isThorough?: boolean;
  readonly without?: ReadonlySet<number>;
}

/** One history, by default with the reference model. */
export function run(world: WorldName, seed: number, chosen: Chosen = {}): History {
  return runHistory(optionsOf(world, seed, chosen));
}

/** What can be left out of a history so that the same law still fails. */
export function shrink(world: WorldName, seed: number, chosen: Chosen = {}): ReadonlySet<number> {
  return shrinkHistory(optionsOf(world, seed, chosen));
}

function optionsOf(
  world: WorldName,
  seed: number,
  { rules = {}, isCore = false, ...rest }: Chosen,
) {
  return {
    ...rest,
    seed,
    world,
    digestOf: digestOfRows,
    createBeliever: (feed: Parameters<typeof createReference>[0]) =>
      isCore ? createCore(feed) : createReference(feed, rules),
  };
}
