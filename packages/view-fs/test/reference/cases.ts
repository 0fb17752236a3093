import type { Message, MessageSource, Row, Stream } from "@fustor/core";
import { CHANGE_FIELDS, LISTING_FIELDS, toRow, type FsAttributes } from "@fustor/schema-fs";
import type { Believer } from "@fustor/testkit";
import { createReference } from "./believer.js";
import type { Rules } from "./rules.js";

/** Times are seconds here: agents have Fusion's time, to the second. */
class Scene {
  readonly view: Believer;

  constructor(rules: Partial<Rules>) {
    this.view = createReference(() => undefined, rules);
  }

  /** Two agents on a share with a cache of a minute: A leads. */
  static share(rules: Partial<Rules>, exclude: readonly string[] = []): Scene {
    const scene = new Scene(rules);
    scene.open("A", 1, { attribute_cache_sec: 60 }, exclude);
    scene.view.apply({ kind: "role", at: 0, sessionId: "A1", role: "leader" });
    scene.open("B", 1, { attribute_cache_sec: 60 });
    return scene;
  }

  /** One agent on a local disk. */
  static local(rules: Partial<Rules>): Scene {
    const scene = new Scene(rules);
    scene.open("A", 1, { network: false });
    scene.view.apply({ kind: "role", at: 0, sessionId: "A1", role: "leader" });
    return scene;
  }

  open(agentId: string, boot: number, facts: object, exclude: readonly string[] = []): void {
    const scope = { filePattern: "*", exclude };
    const source = { schema: "fs", uri: "", identity: "tree", scope, facts: { ...facts } };
    const who = { sessionId: `${agentId}${String(boot)}`, agentId, bootId: String(boot) };
    const clock = { clockOffsetMs: 0, clockErrorMs: 0 };
    const speaker = { ...who, ...clock, dialect: "v2" as const, source };
    this.view.apply({ kind: "opened", at: 0, speaker });
  }

  /** What an agent saw of names at `t`: a type makes it there, an empty one not. */
  look(
    agent: string,
    t: number,
    names: Readonly<Record<string, string>>,
    { source = "realtime", late = t, moves }: Look = {},
  ): void {
    const rows = Object.entries(names).filter(([, type]) => type !== "");
    const upserts = { fields: CHANGE_FIELDS, rows: rows.map(([path, type]) => row(path, type)) };
    const deletes = Object.keys(names).filter((path) => names[path] === "");
    const stream = source === "sentinel" ? "scan" : "realtime";
    const told = { source, ...span(t), upserts, deletes, ...(moves && { moves }) };
    this.say(agent, stream, { kind: "change", ...told }, late);
  }

  /** A listing at `t`: names with their types. */
  list(agent: string, t: number, scope: string, names: string, options: List = {}): void {
    const { complete = true, part = 0, last = true, late = t } = options;
    const rows = names.split(" ").filter(Boolean);
    const entries = {
      fields: LISTING_FIELDS,
      rows: rows.map((text) => row(text.slice(0, -2), text.slice(-1))),
    };
    const told = { source: "audit" as const, ...span(t), scope, entries, self: row("", "d") };
    this.say(agent, "scan", { kind: "listing", ...told, complete, part, last }, late);
  }

  say(agent: string, stream: Stream, message: Message, late: number): void {
    const at = late * 1_000;
    this.view.apply({ kind: "batch", at, sessionId: `${agent}1`, stream, messages: [message] });
  }

  tick(t: number): void {
    this.view.apply({ kind: "tick", at: t * 1_000 });
  }

  has(path: string): boolean {
    return this.view.rows().has(path);
  }
}

interface Look {
  readonly source?: MessageSource;
  readonly late?: number;
  readonly moves?: readonly (readonly [string, string])[];
}

interface List {
  readonly complete?: boolean;
  readonly part?: number;
  readonly last?: boolean;
  readonly late?: number;
}

/** What each rule is for: true while the rule is on, false when it alone is off. */
export const CASES: Readonly<Record<keyof Rules, (rules: Partial<Rules>) => boolean>> = {
  order(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/f": "d" });
    scene.list("A", 5, "/", "f:f", { late: 11 });
    return scene.view.rows().get("/f")?.type === "d";
  },
  sameOrder(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/f": "f" });
    scene.look("A", 10, { "/f": "" });
    return !scene.has("/f");
  },
  eager(rules) {
    const scene = Scene.share(rules);
    scene.list("A", 10, "/", "");
    scene.look("B", 30, { "/new": "f" });
    return scene.has("/new");
  },
  alive(rules) {
    const scene = Scene.share(rules);
    scene.look("B", 10, { "/f": "f" });
    scene.list("A", 60, "/", "f:f");
    scene.look("B", 61, { "/f": "" });
    return scene.has("/f");
  },
  doubts(rules) {
    const scene = Scene.share(rules);
    scene.list("A", 60, "/", "f:f");
    scene.look("B", 61, { "/f": "" });
    return [...scene.view.doubts()].includes("/f");
  },
  tombstones(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/f": "" });
    scene.list("A", 5, "/", "f:f", { late: 11 });
    return !scene.has("/f");
  },
  barriers(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 5, { "/d": "d" });
    scene.look("A", 10, { "/d": "" });
    scene.list("A", 7, "/d", "x:f", { late: 11 });
    scene.look("A", 7, { "/d/y": "f" }, { source: "on_demand", late: 12 });
    return !scene.has("/d/y");
  },
  listedAt(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 20, "/", "");
    scene.look("A", 15, { "/f": "f" }, { source: "on_demand", late: 21 });
    return !scene.has("/f");
  },
  horizon(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 100, { "/f": "f" }, { late: 5_000 });
    return !scene.has("/f");
  },
  climb(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/d/x": "f" });
    return scene.has("/d/x");
  },
  unlisted(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/d/x": "f" });
    return scene.view.doubtsDue(60_000).listings.includes("/d");
  },
  proof(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "f:f");
    scene.list("A", 20, "/", "", { complete: false });
    return scene.has("/f");
  },
  parts(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "a:f b:f");
    scene.list("A", 20, "/", "a:f", { part: 0, last: false });
    return scene.has("/b");
  },
  unshown(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 20, "/", "", { complete: false });
    scene.look("A", 15, { "/f": "f" }, { source: "on_demand", late: 21 });
    return [...scene.view.doubts()].includes("/f");
  },
  probe(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "f:f");
    scene.look("A", 20, { "/f": "" }, { source: "sentinel" });
    return !scene.has("/f");
  },
  lost(rules) {
    const scene = Scene.local(rules);
    const told = { source: "realtime" as const, ...span(10), scope: "/", reason: "overflow" };
    scene.say("A", "realtime", { kind: "lost", ...told }, 10);
    scene.tick(20);
    const isOpen = [...scene.view.gaps()].length === 1;
    scene.list("A", 30, "/", "");
    scene.tick(31);
    return isOpen && [...scene.view.gaps()].length === 0;
  },
  rootGuard(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "f:f");
    const told = { source: "on_demand" as const, ...span(20), scope: "/", errno: "ROOT_LOST" };
    scene.say("A", "scan", { kind: "unreadable", ...told }, 20);
    scene.look("A", 21, { "/f": "" }, { source: "sentinel" });
    return scene.has("/f");
  },
  brake(rules) {
    const scene = Scene.local(rules);
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i)}:f`);
    scene.list("A", 10, "/", names.join(" "));
    mark(scene, 19);
    scene.list("A", 20, "/", names.slice(0, 10).join(" "));
    return scene.has("/f39") && [...scene.view.held()].includes("/f39");
  },
  waiting(rules) {
    const scene = Scene.local(rules);
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i + 10)}:f`);
    scene.list("A", 10, "/", names.join(" "));
    for (const left of [27, 15, 3]) {
      mark(scene, 50 - left);
      scene.list("A", 51 - left, "/", names.slice(-left).join(" "));
    }
    return scene.has("/f30");
  },
  missed(rules) {
    const scene = Scene.local(rules);
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i + 10)}:f`);
    scene.list("A", 10, "/", names.join(" "));
    mark(scene, 19);
    scene.list("A", 20, "/", names.slice(0, 10).join(" "));
    scene.look("A", 15, { "/f49": "f" }, { source: "on_demand", late: 21 });
    return [...scene.view.held()].includes("/f49");
  },
  rejection(rules) {
    const scene = Scene.local(rules);
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i)}:f`);
    scene.list("A", 10, "/", ["d:d", ...names].join(" "));
    scene.list("A", 10, "/d", "x:f y:f");
    mark(scene, 19);
    scene.list("A", 20, "/", ["d:d", ...names.slice(12)].join(" "));
    scene.list("A", 21, "/d", "y:f");
    scene.view.apply({ kind: "reject", at: 22_000, paths: ["/d/x"] });
    mark(scene, 23);
    scene.look("A", 24, { "/d": "" }, { source: "sentinel" });
    return scene.has("/d/x");
  },
  blindSpots(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "");
    scene.list("A", 20, "/", "f:f");
    const isSpotted = [...scene.view.blindSpots()].includes("/f");
    scene.look("A", 30, { "/f": "f" });
    return isSpotted && [...scene.view.blindSpots()].length === 0;
  },
  suspects(rules) {
    const scene = Scene.local(rules);
    scene.look("A", 10, { "/f": "f" });
    const isSuspect = [...scene.view.suspects()].includes("/f");
    scene.look("A", 80, { "/f": "f" }, { source: "sentinel" });
    return isSuspect && [...scene.view.suspects()].length === 0;
  },
  digests(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "f:f");
    const self = { fields: LISTING_FIELDS, rows: [row("", "d")] };
    const told = { source: "audit" as const, ...span(20), scope: "/", self, count: 1 };
    scene.say("A", "scan", { kind: "digest", ...told, digest: "0123456789abcdef" }, 20);
    return scene.view.takeWanted().includes("/");
  },
  mask(rules) {
    const scene = new Scene(rules);
    const facts = { network: false, digest_fields: ["mode"] };
    scene.open("A", 1, facts);
    scene.open("B", 1, facts);
    const look = (agent: string, t: number, ino: number): void => {
      const upserts = { fields: CHANGE_FIELDS, rows: [row("/f", "f", ino)] };
      const told = { source: "on_demand" as const, ...span(t), upserts, deletes: [] };
      scene.say(agent, "realtime", { kind: "change", ...told }, t);
    };
    look("A", 10, 7);
    look("B", 20, 9);
    return scene.view.rows().get("/f")?.ino === 7;
  },
  moves(rules) {
    const scene = Scene.share(rules);
    scene.look("B", 10, { "/d": "d", "/d/x": "f" });
    scene.list("A", 69, "/d", "x:f");
    const options = { moves: [["/d", "/e"]] } as const;
    scene.look("B", 70, { "/e": "d" }, options);
    return scene.has("/d/x") && scene.has("/e") && !scene.has("/e/x");
  },
  edges(rules) {
    const scene = new Scene(rules);
    scene.open("A", 1, { network: false }, ["/e/x"]);
    scene.look("A", 10, { "/d": "d", "/d/x": "f" });
    scene.look("A", 20, { "/e": "d" }, { moves: [["/d", "/e"]] });
    return !scene.has("/e/x");
  },
  fencing(rules) {
    const scene = Scene.share(rules);
    scene.list("B", 10, "/", "f:f");
    return !scene.has("/f");
  },
  purge(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "x.tmp:f");
    scene.open("A", 1, { network: false }, ["*.tmp"]);
    return !scene.has("/x.tmp");
  },
  scope(rules) {
    const scene = Scene.share(rules, ["*.tmp"]);
    scene.look("B", 10, { "/x.tmp": "f" });
    scene.list("A", 200, "/", "");
    return scene.has("/x.tmp");
  },
  boots(rules) {
    const scene = Scene.local(rules);
    scene.list("A", 10, "/", "f:f");
    scene.open("A", 2, { network: false });
    return [...scene.view.gaps()].some(({ kind }) => kind === "lost");
  },
  reset(rules) {
    const scene = Scene.local(rules);
    scene.view.apply({ kind: "reset", at: 10_000 });
    scene.look("A", 5, { "/f": "f" }, { late: 11 });
    return !scene.has("/f");
  },
};

function mark(scene: Scene, t: number): void {
  const told = { source: "audit" as const, ...span(t), scope: "/" };
  scene.say("A", "scan", { kind: "mark", ...told, walk: "audit", edge: "begin", id: "w" }, t);
}

function span(t: number) {
  return { startedAt: t * 1_000, endedAt: t * 1_000 };
}

function row(key: string, type: string, ino = 7): Row {
  const times = { mtime: 1, mtimeNsec: 0, ctime: 1, ctimeNsec: 0 };
  const rest = { mode: 0o644, uid: 0, gid: 0, ino, nlink: 1, blocks: 8 };
  return toRow(key, { type: type as FsAttributes["type"], size: 9, ...times, ...rest });
}
