import { createScope } from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";
import { BlindSpotLog } from "./blind-spots.js";
import type { FsViewConfig } from "./config.js";
import { Gaps } from "./gaps.js";
import { Suspects } from "./suspects.js";
import { Tombstones } from "./tombstones.js";
import { Tree } from "./tree.js";

/** All that is believed of one root. `reset` makes a new one. */
export interface World {
  readonly tree: Tree;
  readonly tombstones: Tombstones;
  readonly suspects: Suspects;
  readonly blindSpots: BlindSpotLog;
  readonly gaps: Gaps;
  /** Fusion time in ms of the record that is being applied. */
  at: number;
  /** Set by whoever changes what can be asked. */
  changed: boolean;
}

export function createWorld(config: FsViewConfig, at: number): World {
  return {
    tree: new Tree(UNSEEN),
    tombstones: new Tombstones({
      ttlMs: config.tombstone_ttl_sec * 1_000,
      max: config.tombstones_max,
    }),
    suspects: new Suspects(config.hot_file_threshold_sec * 1_000),
    blindSpots: new BlindSpotLog(config.blind_spots_max),
    gaps: new Gaps(config.gaps_max),
    at,
    changed: false,
  };
}

/** Older than all evidence there is. */
const UNSEEN: Evidence = {
  agentId: "",
  bootId: "",
  stream: "scan",
  realtime: false,
  audit: false,
  startedAt: -Infinity,
  endedAt: -Infinity,
  own: { startedAt: -Infinity, endedAt: -Infinity },
  lagMs: 0,
  knownLagMs: 0,
  scope: createScope({ filePattern: "*", exclude: [] }),
};
