/**
 * Every rule of `docs/CONSISTENCY_DESIGN.md` that can be switched off, to see that a test notices.
 * The number is the rule's.
 */
export const RULES = {
  /** 1: what is older loses. */
  order: true,
  /** 1: same stream and kind go by arrival, without lag. */
  sameOrder: true,
  /** 1: another host's event that something exists counts at once, with a doubt. */
  eager: true,
  /** 1: absence yields to every other host's word. */
  alive: true,
  /** 1: what loses is looked at again. */
  doubts: true,
  /** 2: names that are gone remember when. */
  tombstones: true,
  /** 2: and so do directories for all below. */
  barriers: true,
  /** 2: a complete listing speaks for the names that it did not show. */
  listedAt: true,
  /** 2: evidence beyond the horizon changes nothing. */
  horizon: true,
  /** 3: what exists has ancestors. */
  climb: true,
  /** 3: placeholders and directories of another inode are listed. */
  unlisted: true,
  /** 4: only a complete listing proves absence. */
  proof: true,
  /** 4: a listing in parts applies as a whole. */
  parts: true,
  /** 4: a name that a listing without proof did not show is in doubt when it comes only later. */
  unshown: true,
  /** 5: a look at a name proves its absence. */
  probe: true,
  /** 6: what was lost is closed by later listings only. */
  lost: true,
  /** 7: nothing is removed where nothing can be read, nor under another identity. */
  rootGuard: true,
  /** 7: mass deletion without events is held. */
  brake: true,
  /** 7: what waits counts over audits, so that a bulk does not pass in small parts. */
  waiting: true,
  /** 7: what is held ends with a later look than the one that missed it, and with no other. */
  missed: true,
  /** 7: what an operator rejected stays, also where the directory goes that it is in. */
  rejection: true,
  /** 8: realtime explains. */
  blindSpots: true,
  /** 9: suspects clear. */
  suspects: true,
  /** 11: a digest that differs asks for the listing. */
  digests: true,
  /** 11: what hosts may see otherwise makes no row another. */
  mask: true,
  /** 12: what was seen below the source later keeps a move from relinking. */
  moves: true,
  /** 12: nothing is taken along to where its agent does not report it. */
  edges: true,
  /** Leader-only evidence of a follower has no effect. */
  fencing: true,
  /** What no agent reports any more goes. */
  purge: true,
  /** Absence counts only for names that the speaker reports. */
  scope: true,
  /** A new boot may have missed something. */
  boots: true,
  /** Evidence from before a reset changes nothing. */
  reset: true,
};

export type Rules = typeof RULES;
