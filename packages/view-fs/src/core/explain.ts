import type { Explanation, Said } from "@fustor/schema-fs";
import { isDirectory, ROOT, type NodeId } from "../tree/index.js";
import { HELD } from "./flags.js";
import { ruleName } from "./rules.js";
import type { Voice } from "./voices.js";
import type { World } from "./world.js";

/** Why a name is shown as it is: the last evidence, the rule that let it, and what stands open. */
export function explain(world: World, path: string): Explanation | undefined {
  const { tree, voices, heard, doubts, suspects, tombstones, listings, brake } = world;
  const id = tree.find(path);
  if (id === undefined) {
    const buried = tombstones.of(path);
    if (buried === undefined && !doubts.has(path)) return undefined;
    const absent = buried && said(buried.voice, buried.own);
    return { rule: "", seen: undefined, absent, others: [], isDoubted: doubts.has(path) };
  }
  const { at, by, error: rule } = tree.seen(id);
  const until = suspects.until(id);
  const decision = brake.decisionOn(id);
  return {
    rule: ruleName(rule),
    seen: id === ROOT && by === 0 ? undefined : said(voices.get(by), at),
    absent: undefined,
    others: heard.all(id).map(({ voice, own }) => said(voice, own)),
    isDoubted: doubts.has(id),
    ...(until === undefined ? {} : { suspectUntil: until }),
    ...((tree.flags(id) & HELD) === 0 ? {} : { isHeld: true }),
    ...(decision === undefined ? {} : { decision }),
    ...listedOf(id),
  };

  function listedOf(node: NodeId): { readonly listed?: Said } {
    const listed = isDirectory(node) ? listings.complete(node) : undefined;
    return listed === undefined ? {} : { listed: said(listed.voice, listed.own) };
  }
}

function said({ host, manner, offset, error }: Voice, own: number): Said {
  const how = manner === "event" || manner === "probe" ? manner : "listing";
  return { host, how, at: own + offset, errorMs: error };
}
