import type {
  Batch,
  Clock,
  FustorError,
  HeartbeatReply,
  HeartbeatReport,
  Role,
  Session,
  SessionPolicy,
} from "@fustor/core";
import { encodeBatch, urls, type V2HeartbeatRequest, type V2SessionReply } from "@fustor/protocol";
import { replyFailure } from "./failures.js";
import type { Http } from "./http.js";
import { readHeartbeat, readPolicy } from "./policy.js";
import { asFields, isOk, isSuccess, type Reply } from "./reply.js";
import { endSession } from "./session-end.js";

/** A session with a Fusion of ours. */
export class V2Session implements Session {
  readonly id: string;
  readonly role: Role;
  readonly policy: SessionPolicy;
  readonly #http: Http;
  readonly #clock: Clock;
  /** As of the last heartbeat. */
  #role: Role;
  #epoch: number;
  #closed: Promise<void> | undefined;

  constructor(http: Http, clock: Clock, reply: V2SessionReply) {
    this.#http = http;
    this.#clock = clock;
    this.id = reply.session_id;
    this.role = reply.role;
    this.policy = readPolicy(reply);
    this.#role = reply.role;
    this.#epoch = reply.epoch;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<void> {
    const body = encodeBatch(batch, this.#epoch);
    const path = urls.ingest("v2", this.id);
    const reply = await this.#http.call({ method: "POST", path, body }, signal);
    const { committed } = asFields(reply.body);
    const isTaken = typeof committed === "number" && committed >= batch.seq;
    if (!isSuccess(reply) || !isTaken) throw this.#failure("ingest", reply);
  }

  async heartbeat(report: HeartbeatReport, signal: AbortSignal): Promise<HeartbeatReply> {
    const body: V2HeartbeatRequest = {
      can_realtime: report.canRealtime,
      status: report.status,
      clock: this.#clock.now(),
    };
    const path = urls.heartbeat("v2", this.id);
    const reply = await this.#http.call({ method: "POST", path, body }, signal);
    if (!isOk(reply)) throw this.#failure("heartbeat", reply);
    const { epoch } = asFields(reply.body);
    if (typeof epoch === "number") this.#epoch = epoch;
    const heard = readHeartbeat(reply.body, this.#role);
    this.#role = heard.role;
    return heard;
  }

  close(): Promise<void> {
    this.#closed ??= endSession(this.#http, "v2", this.id);
    return this.#closed;
  }

  #failure(call: "ingest" | "heartbeat", reply: Reply): FustorError {
    return replyFailure(reply, { endpoint: this.#http.endpoint, call, name: this.id });
  }
}
