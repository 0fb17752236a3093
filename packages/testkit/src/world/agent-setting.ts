import type { Row } from "@fustor/core";
import type { Chance } from "./chance.js";
import type { SimulatedFusion } from "./fusion.js";
import type { Host } from "./host.js";
import type { Link } from "./link.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";

/** Where an agent lives. */
export interface AgentSetting {
  readonly host: Host;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly link: Link;
  readonly fusion: SimulatedFusion;
  readonly strikes: Strikes;
  readonly granularityMs: number;
  /** The digest of a complete listing. */
  readonly digestOf: (rows: readonly Row[]) => string;
}
