/** The rules of `docs/CONSISTENCY_DESIGN.md` as they decide; the number is the rule's. */
const NAMES = {
  none: "",
  created: "1 created",
  updated: "1 updated",
  confirmed: "1 confirmed",
  agreed: "1 agreed",
  existenceLoses: "1 existence loses",
  absenceLoses: "1 absence loses",
  alive: "1 alive",
  doubt: "1 doubt",
  doubtSettled: "1 doubt settled",
  anotherInode: "1 another inode",
  sunk: "1 sunk",
  typeChanged: "1 type changed",
  horizon: "2 horizon",
  beforeReset: "before reset",
  tombstone: "2 tombstone",
  barrier: "2 barrier",
  listedWithout: "2 listed without",
  folded: "2 folded",
  expired: "2 expired",
  placeholder: "3 placeholder",
  kept: "3 kept for what is below",
  complete: "4 complete",
  partial: "4 partial",
  inParts: "4 in parts",
  notListed: "4 not listed",
  notShown: "4 not shown",
  event: "5 event",
  probe: "5 probe",
  lost: "6 lost",
  newBoot: "6 new boot",
  lostClosed: "6 closed",
  foreignRoot: "7 foreign root",
  unreadableScope: "7 unreadable scope",
  unreadable: "7 unreadable",
  held: "7 held",
  released: "7 released",
  addition: "8 addition",
  modification: "8 modification",
  deletion: "8 deletion",
  explained: "8 explained",
  suspect: "9 suspect",
  closed: "9 closed",
  stoodStill: "9 stood still",
  digestEqual: "11 equal",
  digestDiffers: "11 differs",
  relinked: "12 relinked",
  apart: "12 apart",
  movedOver: "12 moved over",
  movedAway: "12 moved away",
  fenced: "fenced",
  scope: "scope",
  purged: "scope purged",
  approved: "7 approved",
  rejected: "7 rejected",
  reset: "reset",
} as const;

/** A rule's number, which fits the tree's columns. */
export type Rule = number;

const KEYS = Object.keys(NAMES) as (keyof typeof NAMES)[];

export const RULE = Object.fromEntries(KEYS.map((key, i) => [key, i])) as Readonly<
  Record<keyof typeof NAMES, Rule>
>;

export function ruleName(rule: Rule): string {
  const key = KEYS[rule];
  return key === undefined ? "" : NAMES[key];
}

/** What each rule's number stands for: numbers change from version to version. */
export const RULE_KEYS: readonly string[] = KEYS;

/** How often each rule decided. */
export class RuleCounts {
  readonly #counts = new Float64Array(KEYS.length);

  add(rule: Rule, times = 1): void {
    this.#counts[rule] = (this.#counts[rule] ?? 0) + times;
  }

  /** By the rule's number. */
  copy(): readonly number[] {
    return [...this.#counts];
  }

  /** Of the rules that decided at all. */
  byName(): Map<string, number> {
    const counts = new Map<string, number>();
    this.#counts.forEach((count, rule) => {
      if (count > 0) counts.set(ruleName(rule), count);
    });
    return counts;
  }
}
