import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ViewDriver, ViewModule, ViewRecord } from "@fustor/core";
import { ManualClock } from "@fustor/testkit";
import type { FsView } from "@fustor/schema-fs";
import viewFs from "@fustor/view-fs";
import type { InjectOptions } from "fastify";
import { onTestFinished } from "vitest";
import type { Disk } from "../src/log/disk.js";
import { createFusion, defaultFusionConfig, type Fusion, type FusionConfig } from "../src/index.js";

/** A Fusion in a folder of its own, whose clock stands still. Nothing listens. */
export interface World {
  readonly fusion: Fusion;
  readonly clock: ManualClock;
  readonly home: string;
  /** What the views were told, ticks apart. */
  readonly records: readonly ViewRecord[];
  /** The view that was made last. */
  readonly view: FsView;
  /** A key that may do everything. */
  readonly admin: string;
  keyFor(...scopes: string[]): Promise<string>;
  /** One request; `key` defaults to `admin`, `null` sends none. */
  call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    url: string,
    body?: unknown,
    options?: {
      readonly key?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  /** Undefined when the reply is no JSON. */
  readonly body: unknown;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The real view, as the loader hands it out. */
export const fsView = viewFs as unknown as ViewModule;

export const START = 1_800_000_000_000;

/** Where a world is, if it is not to be a new place. */
export interface Place {
  readonly home?: string;
  readonly clock?: ManualClock;
  readonly disk?: Disk;
}

/** What differs from the default. */
export type WorldConfig = Omit<Partial<FusionConfig>, "listen" | "limits"> & {
  readonly listen?: Partial<FusionConfig["listen"]>;
  readonly limits?: Partial<FusionConfig["limits"]>;
};

/** `scripted` replaces methods of the view. */
export async function createWorld(
  { listen, limits, ...config }: WorldConfig = {},
  scripted: Partial<ViewDriver> = {},
  { home: givenHome, clock = new ManualClock(START), disk }: Place = {},
): Promise<World> {
  const home = givenHome ?? (await makeFolder());
  let made: FsView | undefined;
  const records: ViewRecord[] = [];
  const fusion = await createFusion({
    config: {
      ...defaultFusionConfig,
      storage: "memory",
      ...config,
      listen: { ...defaultFusionConfig.listen, ...listen },
      limits: { ...defaultFusionConfig.limits, ...limits },
    },
    home,
    clock,
    random: () => 0.5,
    ...(disk === undefined ? {} : { disk }),
    loadView: async () => ({
      ...fsView,
      create: async (options, context) => {
        const view = await fsView.create(options, context);
        // Defined, not assigned: some of it is a getter of the view.
        Object.defineProperties(view, Object.getOwnPropertyDescriptors(scripted));
        made = view as FsView;
        const apply = view.apply.bind(view);
        view.apply = (record) => {
          if (record.kind !== "tick") records.push(record);
          apply(record);
        };
        return view;
      },
    }),
  });
  onTestFinished(() => fusion.close());
  const keyFor = async (...scopes: string[]): Promise<string> =>
    (await fusion.keys.create({ scopes })).key;
  const admin = await keyFor("admin");
  return {
    fusion,
    clock,
    home,
    records,
    get view() {
      if (made === undefined) throw new Error("no view was made");
      return made;
    },
    admin,
    keyFor,
    call: async (method, url, body, { key = admin, headers: more } = {}) => {
      const request: InjectOptions = { method, url, headers: { ...more } };
      if (key !== null) request.headers = { ...more, "x-api-key": key };
      if (body !== undefined) request.payload = body as object;
      const { statusCode, payload, headers } = await fusion.app.inject(request);
      const isJson = String(headers["content-type"]).startsWith("application/json");
      return {
        status: statusCode,
        body: isJson ? JSON.parse(payload) : undefined,
        text: payload,
        headers,
      };
    },
  };
}

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fustor-server-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** The body that opens a session in v2. */
export function openingV2(agentId: string, bootId: string, overrides: object = {}): object {
  return {
    task_id: `${agentId}:p`,
    source_type: "fs",
    client_info: {
      protocols: ["v2", "v1"],
      agent_id: agentId,
      boot_id: bootId,
      pipe_id: "p",
      schema: "fs",
      uri: "/data",
      root: { identity: "ext4:1:2" },
      scope: { file_pattern: "*", exclude: [] },
      capabilities: ["audit", "scan"],
      clock: START,
      ...overrides,
    },
  };
}

/** What the tests read of a reply that opened a session. */
export interface OpenedV2 {
  readonly session_id: string;
  readonly role: string;
  readonly epoch: number;
}

/** Opens a v2 session and returns the reply's body. */
export async function openV2(
  world: World,
  agentId = "agent-a",
  bootId = "boot-1",
  overrides: object = {},
): Promise<OpenedV2> {
  const reply = await world.call(
    "POST",
    "/api/v1/pipe/session/",
    openingV2(agentId, bootId, { clock: world.clock.now(), ...overrides }),
  );
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as OpenedV2;
}

const FIELDS = [
  "name",
  "type",
  "size",
  "mtime",
  "mtime_nsec",
  "ctime",
  "ctime_nsec",
  "mode",
  "uid",
  "gid",
  "ino",
  "nlink",
  "blocks",
];

/** A v2 listing; a name that ends in a slash is a directory. */
export function listing(scope: string, names: readonly string[], at: number, size = 5): object {
  const mtime = Math.floor(at / 1000) - 100_000;
  return {
    kind: "listing",
    message_source: "snapshot",
    started_at: at,
    ended_at: at,
    scope,
    entries: {
      fields: FIELDS,
      rows: names.map((name, index) => {
        const isDirectory = name.endsWith("/");
        const bare = isDirectory ? name.slice(0, -1) : name;
        const attributes = [size, mtime, 500, mtime, 500, 0o644, 0, 0, 1000 + index, 1, 8];
        return [bare, isDirectory ? "d" : "f", ...attributes];
      }),
    },
    self: ["", "d", 4096, mtime, 0, mtime, 0, 0o755, 0, 0, 2, 2, 8],
    complete: true,
    part: 0,
    last: true,
  };
}

export function mark(walk: "snapshot" | "audit", edge: "begin" | "end", at: number): object {
  return {
    kind: "mark",
    message_source: walk,
    started_at: at,
    ended_at: at,
    walk,
    edge,
    id: "w",
    scope: "/",
  };
}

/** A realtime change of one path. */
export function change(
  path: string,
  at: number,
  { isDelete = false }: { isDelete?: boolean } = {},
): object {
  const mtime = Math.floor(at / 1000) - 100_000;
  const row = [path, "f", 7, mtime, 0, mtime, 0, 0o644, 0, 0, 77, 1, 8];
  return {
    kind: "change",
    message_source: "realtime",
    started_at: at,
    ended_at: at,
    upserts: { fields: ["path", ...FIELDS.slice(1)], rows: isDelete ? [] : [row] },
    deletes: isDelete ? [path] : [],
    ...(isDelete ? {} : { settled: [path] }),
  };
}

/** Sends one v2 batch. */
export function push(
  world: World,
  session: OpenedV2,
  stream: "realtime" | "scan",
  seq: number,
  messages: readonly object[],
): Promise<Reply> {
  const url = `/api/v2/pipe/ingest/${session.session_id}/events`;
  return world.call("POST", url, { epoch: session.epoch, stream, seq, messages });
}

/** A whole snapshot: directories by path, with the names in them. */
export async function snapshot(
  world: World,
  session: OpenedV2,
  tree: Readonly<Record<string, readonly string[]>>,
  seq = 1,
): Promise<void> {
  const at = world.clock.now();
  const listings = Object.entries(tree).map(([scope, names]) => listing(scope, names, at));
  const messages = [mark("snapshot", "begin", at), ...listings, mark("snapshot", "end", at)];
  const reply = await push(world, session, "scan", seq, messages);
  if (reply.status !== 200) throw new Error(reply.text);
}

/** The paths of the whole view, as the tree call tells them. */
export async function pathsOf(world: World, view = "default"): Promise<string[]> {
  const reply = await world.call("GET", `/api/v1/views/${view}/tree?only_path=true&partial=true`);
  const paths: string[] = [];
  const visit = (node: TreeNode): void => {
    paths.push(node.path);
    for (const child of node.children ?? []) visit(child);
  };
  if (reply.status === 200) visit((reply.body as TreeReply).data);
  return paths.sort();
}

export interface TreeNode {
  readonly path: string;
  readonly name: string;
  readonly children?: readonly TreeNode[];
}

export interface TreeReply {
  readonly data: TreeNode;
  readonly scan_pending: boolean;
  readonly next_cursor?: string | null;
}
