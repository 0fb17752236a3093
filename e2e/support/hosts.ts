import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Agent, type AgentOptions } from "./agent.js";
import { atEndOfTest, type AtEnd } from "./at-end.js";
import { mountAt, type Mount } from "./bindfs.js";
import { eventually } from "./eventually.js";
import { makeFolder } from "./folders.js";
import { Fusion, type FusionOptions } from "./fusion.js";
import { readDisk } from "./disk.js";
import { difference } from "./tree.js";
import { ask, readView, type ViewAddress } from "./view.js";
import { Wire } from "./wire.js";

/** For how long hosts A and B believe what they saw. */
export const CACHE_SEC = 2;
export const AUDIT_SEC = 3;
/** Longer than the pause between audits: they meet what host C did before it is at rest. */
export const HOT_SEC = 5;
export const SENTINEL_SEC = 2;
export const TIMEOUT_SEC = 6;
/** The ceiling of a wait: far beyond what anything here takes. */
const PATIENCE_MS = 60_000;

/** A machine that mounts the storage, with an agent that reports it. */
export interface Host {
  readonly name: string;
  /** Where it has mounted the storage. */
  readonly dir: string;
  readonly mount: Mount;
  readonly agent: Agent;
  readonly wire: Wire;
}

export interface HostOptions extends Partial<
  Pick<AgentOptions, "driverParams" | "env" | "tracer" | "fields">
> {
  readonly name: string;
  /** Further pipes of its agent. */
  readonly alsoPipes?: (fusion: Fusion) => Promise<AgentOptions["alsoPipes"]>;
}

export interface HostsOptions extends Partial<Omit<FusionOptions, "home">> {
  /** Default: `a` and `b`, one after the other, so that `a` leads. */
  readonly hosts?: readonly HostOptions[];
  /** Fills the storage before anybody mounts it. */
  readonly fill?: (disk: string) => Promise<unknown>;
  /** False where the view cannot become the disk. Default: it is waited for. */
  readonly untilEqual?: boolean;
}

/** One session in the words of the API. */
export interface SessionSeen {
  readonly session_id: string;
  readonly agent_id: string;
  readonly role: "leader" | "follower";
  readonly can_realtime: boolean;
}

interface NodeSeen {
  readonly path: string;
  readonly size: number;
  readonly modified_time: number;
  readonly integrity_suspect: boolean;
}

/** What `blind-spots` tells, by paths, in order. */
export interface BlindSpotsSeen {
  readonly additions: readonly string[];
  readonly modifications: readonly string[];
  readonly deletions: readonly string[];
}

/** A view as the tests ask it. */
export class Picture {
  readonly #address: ViewAddress;
  readonly #disk: string;
  readonly #at: string;

  /** `disk` is the folder that it should be equal to, or what it shows at `at`. */
  constructor(address: ViewAddress, disk: string, at = "/") {
    this.#address = address;
    this.#disk = disk;
    this.#at = at;
  }

  ask<T>(path: string): Promise<T> {
    return ask<T>(this.#address, path);
  }

  /** Throws for anything but success, with what was answered. */
  async send<T>(method: "POST" | "DELETE", path: string, body?: object): Promise<T> {
    const { endpoint, key, view = "default" } = this.#address;
    const response = await fetch(`${endpoint}/api/v1/views/${view}/${path}`, {
      method,
      headers: { "x-api-key": key, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer as T;
    throw new Error(`${method} ${path} -> ${String(response.status)} ${JSON.stringify(answer)}`);
  }

  /** Undefined where there is no such name. */
  async node(path: string): Promise<NodeSeen | undefined> {
    try {
      return await this.ask<NodeSeen>(`metadata?path=${encodeURIComponent(path)}`);
    } catch (error) {
      if (error instanceof Error && error.message.includes("-> 404")) return undefined;
      throw error;
    }
  }

  async has(path: string): Promise<boolean> {
    return (await this.node(path)) !== undefined;
  }

  async sessions(): Promise<readonly SessionSeen[]> {
    const seen = await this.ask<{ active_sessions: readonly SessionSeen[] }>("sessions");
    return seen.active_sessions;
  }

  /** The names of the agents that lead; there should be one. */
  async leaders(): Promise<readonly string[]> {
    const sessions = await this.sessions();
    return sessions.filter(({ role }) => role === "leader").map(({ agent_id }) => agent_id);
  }

  async suspects(): Promise<readonly string[]> {
    const list = await this.ask<readonly { readonly path: string }[]>("suspect-list");
    return list.map(({ path }) => path);
  }

  async isSuspect(path: string): Promise<boolean> {
    return (await this.suspects()).includes(path);
  }

  async blindSpots(): Promise<BlindSpotsSeen> {
    const { additions, modifications, deletions } = await this.ask<{
      additions: readonly NodeSeen[];
      modifications: readonly NodeSeen[];
      deletions: readonly string[];
    }>("blind-spots");
    const paths = (nodes: readonly NodeSeen[]) => nodes.map(({ path }) => path).sort();
    return {
      additions: paths(additions),
      modifications: paths(modifications),
      deletions: [...deletions].sort(),
    };
  }

  stats(): Promise<Readonly<Record<string, number>>> {
    return this.ask("stats");
  }

  /** Waits until `look` says true. */
  until(
    what: string,
    look: () => Promise<boolean> | boolean,
    withinMs = PATIENCE_MS,
  ): Promise<true> {
    return eventually(async () => (await look()) || undefined, { what, withinMs });
  }

  untilThere(path: string): Promise<true> {
    return this.until(`${path} to be there`, () => this.has(path));
  }

  untilGone(path: string): Promise<true> {
    return this.until(`${path} to be gone`, async () => !(await this.has(path)));
  }

  /** Waits until the view equals the disk at and below a path, which is of the disk. */
  async untilEqual(path = "/", withinMs = PATIENCE_MS): Promise<void> {
    const shown = joinPath(this.#at, path.slice(1));
    await eventually(
      async () => {
        const [onDisk, seen] = await Promise.all([
          readDisk(join(this.#disk, path)),
          readView(this.#address, shown),
        ]);
        const moved = new Map([...onDisk].map(([at, it]) => [joinPath(shown, at.slice(1)), it]));
        const differs = difference(moved, seen);
        if (differs !== undefined) throw new Error(differs);
        return true;
      },
      { what: `the view to equal the disk at ${path}`, withinMs },
    );
  }
}

/** `at` may be the root, and `below` nothing. */
function joinPath(at: string, below: string): string {
  if (below === "") return at;
  return at === "/" ? `/${below}` : `${at}/${below}`;
}

/** Hosts that share one storage, and a Fusion. */
export interface Hosts {
  /** The storage itself: what host C, which has neither cache nor agent, works in. */
  readonly c: string;
  /** In the order of the options. */
  readonly hosts: readonly Host[];
  readonly a: Host;
  /** Throws where there is only one. */
  readonly b: Host;
  readonly fusion: Fusion;
  readonly view: Picture;
}

/** Resolves when every agent watches and the view is the disk. */
export async function startHosts(options: HostsOptions = {}): Promise<Hosts> {
  const { atEnd = atEndOfTest, hosts: wanted = [{ name: "a" }, { name: "b" }] } = options;
  const home = await makeFolder("hosts", { atEnd });
  const c = join(home, "storage");
  await mkdir(c);
  await options.fill?.(c);
  const fusion = await Fusion.start({
    sessionTimeoutSec: TIMEOUT_SEC,
    auditIntervalSec: AUDIT_SEC,
    sentinelIntervalSec: SENTINEL_SEC,
    viewConfig: { hot_file_threshold_sec: HOT_SEC },
    ...options,
    home: join(home, "fusion"),
    atEnd,
  });
  const view = new Picture(fusion.view, c);
  const hosts: Host[] = [];
  for (const each of wanted) {
    hosts.push(await startHost(each, { home, c, fusion, atEnd }));
    await view.until(`${each.name} to watch`, async () => {
      const sessions = await view.sessions();
      return sessions.some(({ agent_id, can_realtime }) => agent_id === each.name && can_realtime);
    });
  }
  if (options.untilEqual !== false) {
    await view.untilEqual();
    // A directory that is younger than the cache has not been listed with proof yet.
    await view.until("every directory to be listed whole", async () => {
      return (await view.ask<{ readonly coverage: number }>("coverage?path=/")).coverage === 1;
    });
  }
  const host = (index: number): Host => {
    const found = hosts[index];
    if (found === undefined) throw new Error(`There is no host ${String(index)}.`);
    return found;
  };
  return {
    c,
    hosts,
    fusion,
    view,
    get a() {
      return host(0);
    },
    get b() {
      return host(1);
    },
  };
}

interface Surroundings {
  readonly home: string;
  readonly c: string;
  readonly fusion: Fusion;
  readonly atEnd: AtEnd;
}

async function startHost(options: HostOptions, at: Surroundings): Promise<Host> {
  const { home, c, fusion, atEnd } = at;
  const { name, driverParams, alsoPipes, ...rest } = options;
  const mount = await mountAt(c, join(home, `${name}-mount`), { cacheSec: CACHE_SEC, atEnd });
  const wire = await Wire.start(fusion.endpoint, atEnd);
  const agent = await Agent.start({
    home: join(home, name),
    agentId: name,
    dir: mount.at,
    endpoint: wire.endpoint,
    key: fusion.key,
    driverParams: { attribute_cache_sec: CACHE_SEC, ...driverParams },
    alsoPipes: (await alsoPipes?.(fusion)) ?? [],
    atEnd,
    ...rest,
  });
  return { name, dir: mount.at, mount, agent, wire };
}
