import type {
  Batch,
  Clock,
  FustorError,
  HeartbeatReply,
  HeartbeatReport,
  Role,
  ScanRequest,
  SendReply,
  Session,
  SessionPolicy,
} from "@fustor/core";
import {
  encodeBatch,
  encodeBinaryBatch,
  encodePackedBatch,
  isWirePath,
  urls,
  withoutMoves,
  type ClockMapping,
  type V2HeartbeatRequest,
  type V2SessionReply,
} from "@fustor/protocol";
import type { ClockMap, Span } from "./clock-map.js";
import { replyFailure } from "./failures.js";
import type { Http } from "./http.js";
import { movedDirectories, withBelow } from "./moves.js";
import { readHeartbeat, readPolicyV2 } from "./policy.js";
import { asFields, isOk, isSuccess, type Reply } from "./reply.js";
import { endSession } from "./session-end.js";

export interface V2SessionOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly clockMap: ClockMap;
  /** True to write batches in their binary form. */
  readonly binary: boolean;
}

/** Beside this code once it is built. */
const PACKER = new URL("./packer.js", import.meta.url).href;

/** A session with a Fusion of ours. */
export class V2Session implements Session {
  readonly id: string;
  readonly role: Role;
  readonly policy: SessionPolicy;
  readonly packer?: string;
  readonly #options: V2SessionOptions;
  readonly #knowsMoves: boolean;
  /** As of the last heartbeat. */
  #role: Role;
  #epoch: number;
  #report: HeartbeatReport = { canRealtime: false, status: {} };
  /** Brought by heartbeats of our own, for whoever asks next. */
  #unheard: Asked = NOTHING;
  #closed: Promise<void> | undefined;

  constructor(reply: V2SessionReply, options: V2SessionOptions) {
    this.#options = options;
    this.id = reply.session_id;
    this.role = reply.role;
    this.policy = readPolicyV2(reply);
    if (options.binary) this.packer = PACKER;
    this.#knowsMoves = reply.features?.includes("moves") === true;
    this.#role = reply.role;
    this.#epoch = reply.epoch;
  }

  async send(given: Batch, signal: AbortSignal): Promise<SendReply> {
    const { http, clockMap } = this.#options;
    if (clockMap.isDoubtful) await this.#askTheTime(signal);
    const batch = this.#knowsMoves
      ? given
      : { ...given, messages: given.messages.map(withoutMoves) };
    const clock = clockMap.mappingOf(spanOf(batch, this.#options.clock.now()));
    const body = this.#encode(batch, clock);
    const reply = await http.call(
      { method: "POST", path: urls.ingest("v2", this.id), body },
      signal,
    );
    const { committed, wanted } = asFields(reply.body);
    const isTaken = typeof committed === "number" && committed >= batch.seq;
    if (!isSuccess(reply) || !isTaken) throw this.#failure("ingest", reply);
    const moved = this.#knowsMoves ? [] : movedDirectories(given.messages);
    return { wanted: [...withBelow(readWanted(wanted), given.messages), ...moved] };
  }

  async heartbeat(report: HeartbeatReport, signal: AbortSignal): Promise<HeartbeatReply> {
    this.#report = report;
    const reply = await this.#beat(signal);
    const { epoch } = asFields(reply.body);
    if (typeof epoch === "number") this.#epoch = epoch;
    const heard = readHeartbeat(reply.body, this.#role);
    this.#role = heard.role;
    const all = { ...heard, ...join(this.#unheard, heard) };
    this.#unheard = NOTHING;
    return all;
  }

  close(): Promise<void> {
    this.#closed ??= endSession(this.#options.http, "v2", this.id);
    return this.#closed;
  }

  #encode(batch: Batch, clock: ClockMapping | undefined): object | Uint8Array {
    const { pack } = batch;
    if (pack !== undefined) return encodePackedBatch(batch, pack.bytes, this.#epoch, clock);
    const bytes = this.#options.binary ? encodeBinaryBatch(batch, this.#epoch, clock) : undefined;
    return bytes ?? encodeBatch(batch, this.#epoch, clock);
  }

  /**
   * A heartbeat for its time alone. Role and epoch are left for the next one: what is on its way was
   * said in the role that the pipe knows.
   */
  async #askTheTime(signal: AbortSignal): Promise<void> {
    const reply = await this.#beat(signal);
    this.#unheard = join(this.#unheard, readHeartbeat(reply.body, this.#role));
  }

  async #beat(signal: AbortSignal): Promise<Reply> {
    const { http, clock, clockMap } = this.#options;
    const { canRealtime, status, failedScans = [] } = this.#report;
    const askedAt = clock.now();
    const isMeasured = clockMap.mappingOf({ from: askedAt, to: askedAt }) !== undefined;
    const body: V2HeartbeatRequest = {
      can_realtime: canRealtime,
      status,
      ...(isMeasured ? {} : { clock: askedAt }),
      ...(failedScans.length === 0 ? {} : { failed_scans: failedScans }),
    };
    const path = urls.heartbeat("v2", this.id);
    const reply = await http.call({ method: "POST", path, body }, signal);
    if (!isOk(reply)) throw this.#failure("heartbeat", reply);
    const { server_time: serverTime } = asFields(reply.body);
    if (typeof serverTime === "number") {
      clockMap.hear({ askedAt, answeredAt: clock.now(), serverTime });
    }
    return reply;
  }

  #failure(call: "ingest" | "heartbeat", reply: Reply): FustorError {
    return replyFailure(reply, { endpoint: this.#options.http.endpoint, call, name: this.id });
  }
}

type Asked = Pick<HeartbeatReply, "scans" | "cancels" | "probes">;

const NOTHING: Asked = { scans: [], cancels: [], probes: [] };

function join(one: Asked, other: Asked): Asked {
  const probes = [...(one.probes ?? []), ...(other.probes ?? [])];
  const cancels = [...(one.cancels ?? []), ...(other.cancels ?? [])];
  return { scans: [...one.scans, ...other.scans], cancels, probes };
}

/** When the messages of a batch were seen; now, when there are none. */
function spanOf({ messages, pack }: Batch, now: number): Span {
  if (pack !== undefined) return { from: pack.startedAt, to: pack.endedAt };
  if (messages.length === 0) return { from: now, to: now };
  let [from, to] = [Infinity, -Infinity];
  for (const { startedAt, endedAt } of messages) {
    from = Math.min(from, startedAt);
    to = Math.max(to, endedAt);
  }
  return { from, to };
}

function readWanted(wanted: unknown): ScanRequest[] {
  const scopes = Array.isArray(wanted) ? (wanted as unknown[]) : [];
  return scopes.flatMap((scope) => (isWirePath(scope) ? [{ scope, recursive: false }] : []));
}
