import type { ViewInfo } from "@fustor/client";
import type {
  CoverageReply,
  EntriesReply,
  EntryReply,
  ExplainReply,
  HoldDecision,
  Holds,
  KeyJson,
  KeyMade,
  KeyRequest,
  Keys,
  RootAccepted,
  RootJson,
  RootsReply,
  ScanJob,
  ScanJobs,
  UsageReply,
} from "@fustor/protocol";
import type { Call } from "../shared/api.js";
import { pathParams, type WirePath } from "../shared/path.js";
import { askFusion, sendCall } from "./session.js";

/** A session as `GET .../sessions` lists it. Times are seconds of Fusion time. */
export interface SessionInfo {
  readonly session_id: string;
  readonly agent_id: string;
  readonly client_ip: string;
  readonly source_uri: string;
  readonly last_activity: number;
  readonly created_at: number;
  readonly role: "leader" | "follower";
  readonly can_realtime: boolean;
  readonly pipe_id: string;
  readonly protocol: string;
}

/** A suspect; what `GET .../suspect-list` lists has a time. */
export interface SuspectInfo {
  readonly path: string;
  readonly path_b64?: string;
  readonly suspect_until?: number;
}

interface BlindNode {
  readonly path: string;
  readonly path_b64?: string;
}

/** What no event told of, as `GET .../blind-spots` lists it. */
export interface BlindSpotsInfo {
  readonly additions: readonly BlindNode[];
  readonly modifications: readonly BlindNode[];
  readonly deletions: readonly string[];
}

const base = (view: string): string => `/api/v1/views/${encodeURIComponent(view)}`;

type Stop = AbortSignal | undefined;

export async function listViews(signal?: Stop): Promise<readonly ViewInfo[]> {
  return (await askFusion<{ views: readonly ViewInfo[] }>("/api/v1/views", { signal })).views;
}

export async function listSessions(view: string, signal?: Stop): Promise<readonly SessionInfo[]> {
  const url = `${base(view)}/sessions`;
  const reply = await askFusion<{ active_sessions: readonly SessionInfo[] }>(url, { signal });
  return reply.active_sessions;
}

export function askEntries(
  view: string,
  at: WirePath,
  params: NonNullable<Call["params"]>,
  signal?: Stop,
): Promise<EntriesReply> {
  return askFusion(`${base(view)}/entries`, { params: { ...pathParams(at), ...params }, signal });
}

export function askEntry(view: string, at: WirePath, signal?: Stop): Promise<EntryReply> {
  return askFusion(`${base(view)}/entry`, { params: pathParams(at), signal });
}

export function askExplain(view: string, at: WirePath, signal?: Stop): Promise<ExplainReply> {
  return askFusion(`${base(view)}/explain`, { params: pathParams(at), signal });
}

export function askUsage(
  view: string,
  at: WirePath,
  { depth, top }: { readonly depth: number; readonly top: number },
  signal?: Stop,
): Promise<UsageReply> {
  return askFusion(`${base(view)}/usage`, { params: { ...pathParams(at), depth, top }, signal });
}

export function askCoverage(view: string, at: WirePath, signal?: Stop): Promise<CoverageReply> {
  return askFusion(`${base(view)}/coverage`, { params: pathParams(at), signal });
}

/** With more, a part of them is asked for: their list has no pages. */
const SUSPECTS_LISTED_MAX = 1_000;

/** The first `max` suspects of a view that has about `total`; of very many, not until when. */
export async function firstSuspects(
  view: string,
  { total, max }: { readonly total: number; readonly max: number },
  signal?: Stop,
): Promise<readonly SuspectInfo[]> {
  if (total <= SUSPECTS_LISTED_MAX) {
    const url = `${base(view)}/suspect-list`;
    return (await askFusion<readonly SuspectInfo[]>(url, { signal })).slice(0, max);
  }
  const question = { suspect: true, limit: max, fields: "path" };
  const { entries } = await askEntries(view, { path: "/" }, question, signal);
  return entries.map(({ path = "/", path_b64 }) => ({
    path,
    ...(path_b64 === undefined ? {} : { path_b64 }),
  }));
}

export function listBlindSpots(view: string, signal?: Stop): Promise<BlindSpotsInfo> {
  return askFusion(`${base(view)}/blind-spots`, { params: { partial: true }, signal });
}

export async function listHolds(view: string, signal?: Stop): Promise<Holds["holds"]> {
  return (await askFusion<Holds>(`${base(view)}/holds`, { signal })).holds;
}

export function decide(
  view: string,
  id: string,
  decision: HoldDecision["decision"],
): Promise<HoldDecision> {
  const url = `${base(view)}/holds/${encodeURIComponent(id)}/${decision}`;
  return askFusion(url, { method: "POST" });
}

export async function listScans(view: string, signal?: Stop): Promise<readonly ScanJob[]> {
  return (await askFusion<ScanJobs>(`${base(view)}/scans`, { signal })).scans;
}

export function beginScan(view: string, at: WirePath, recursive: boolean): Promise<ScanJob> {
  const body = { ...pathParams(at), recursive };
  return askFusion(`${base(view)}/scans`, { method: "POST", body });
}

export function cancelScan(view: string, id: string): Promise<ScanJob> {
  return askFusion(`${base(view)}/scans/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export async function listRoots(view: string, signal?: Stop): Promise<readonly RootJson[]> {
  return (await askFusion<RootsReply>(`${base(view)}/roots`, { signal })).roots;
}

export function acceptRoot(view: string, agent: string): Promise<RootAccepted> {
  const url = `${base(view)}/roots/${encodeURIComponent(agent)}/accept`;
  return askFusion(url, { method: "POST" });
}

const KEYS = "/api/v1/keys";

export async function listKeys(signal?: Stop): Promise<readonly KeyJson[]> {
  return (await askFusion<Keys>(KEYS, { signal })).keys;
}

export function makeKey(body: KeyRequest): Promise<KeyMade> {
  return askFusion(KEYS, { method: "POST", body });
}

export function revokeKey(id: string): Promise<void> {
  return askFusion(`${KEYS}/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** The server-sent events of what happens to a view at and below a path. */
export async function openChanges(
  view: string,
  at: WirePath,
  since: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const { body } = await sendCall(`${base(view)}/changes`, {
    params: { ...pathParams(at), since },
    headers: { accept: "text/event-stream" },
    signal,
  });
  if (body === null) throw new Error("an answer without a body");
  return body;
}

/** The sum of all samples of each metric, by its name and the labels that are asked for. */
export async function readMetrics(signal?: Stop): Promise<ReadonlyMap<string, number>> {
  const reply = await sendCall("/metrics", { signal });
  const found = new Map<string, number>();
  for (const line of (await reply.text()).split("\n")) {
    const [, name = "", labels = "", value = ""] =
      /^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
    const stream = /stream="(\w+)"/.exec(labels)?.[1];
    for (const key of stream === undefined ? [name] : [name, `${name}:${stream}`]) {
      found.set(key, (found.get(key) ?? 0) + Number(value));
    }
  }
  return found;
}
