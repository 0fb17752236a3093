import type { Row } from "@fustor/core";
import type { DigestField } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { SimulatedFusion } from "./fusion.js";
import type { Host } from "./host.js";
import type { Link } from "./link.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";

/** The digest of a complete listing, made of all fields, or of those that are given. */
export type DigestOf = (rows: readonly Row[], fields?: readonly DigestField[]) => string;

/** Where an agent lives, and how it is configured for as long as it is up. */
export interface AgentSetting {
  readonly host: Host;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly link: Link;
  readonly fusion: SimulatedFusion;
  readonly strikes: Strikes;
  readonly granularityMs: number;
  readonly digestOf: DigestOf;
  /** What the agent calls its root. */
  readonly identity: string;
  /** Names that it does not report. */
  readonly exclude: readonly string[];
  /** What it declares to be the same on every host; undefined says nothing. */
  readonly digestFields: readonly DigestField[] | undefined;
}
