import type { DigestField } from "@fustor/schema-fs";
import type { Sight } from "./host.js";

/** What a host's source declares to be the same on every host, and how it sees what is not. */
export interface HostSetting {
  readonly digestFields: readonly DigestField[];
  readonly sight?: Sight;
}

/** What a world is made of. */
export interface WorldSetting {
  /** How old the answers of the hosts' file systems may be. */
  readonly lagMs: number;
  readonly hosts: number;
  /** The first so many hosts run an agent; what the others do is a blind spot. */
  readonly agents: number;
  /** Storage time less simulated time. */
  readonly skewMs: number;
  readonly granularityMs: number;
  readonly operations: number;
  /** The longest usual pause between two operations. */
  readonly pauseMs: number;
  /** Every change is heard by an agent without caches: what was told must be right at once. */
  readonly isPrompt: boolean;
  /** Of each host with an agent; none says nothing of it, and all see the same. */
  readonly sights: readonly HostSetting[];
}

const SHARE: WorldSetting = {
  lagMs: 60_000,
  hosts: 3,
  agents: 2,
  skewMs: -1_700,
  granularityMs: 10,
  operations: 220,
  pauseMs: 16_000,
  isPrompt: false,
  sights: [],
};

export const WORLDS = {
  /** Three hosts of a network share with an attribute cache of a minute, two of them with agents. */
  lag60: SHARE,
  /** The same with a cache of three seconds, and more going on at once. */
  lag3: { ...SHARE, lagMs: 3_000, pauseMs: 4_000 },
  /** Three agents, no blind host. */
  all60: { ...SHARE, agents: 3, skewMs: 2_500 },
  /** One agent by the server, another behind a protocol that makes up inodes and owners. */
  mixed: {
    ...SHARE,
    lagMs: 3_000,
    pauseMs: 4_000,
    sights: [
      { digestFields: ["ino", "uid", "gid", "mode", "ctime"] },
      { digestFields: ["mode", "ctime"], sight: { inodesFrom: 1_000_000, owner: 65_534 } },
    ],
  },
  /** One host, a local file system: the commonest installation. */
  local: {
    ...SHARE,
    ...{
      lagMs: 0,
      hosts: 1,
      agents: 1,
      skewMs: 0,
      granularityMs: 4,
      pauseMs: 8_000,
      isPrompt: true,
    },
  },
} as const satisfies Record<string, WorldSetting>;

export type WorldName = keyof typeof WORLDS;
