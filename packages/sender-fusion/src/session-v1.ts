import type {
  Batch,
  FustorError,
  HeartbeatReply,
  HeartbeatReport,
  Role,
  SendReply,
  Session,
  SessionPolicy,
  Stream,
} from "@fustor/core";
import { toV1Calls, urls, type V1Call, type V1SessionReply } from "@fustor/protocol";
import { replyFailure } from "./failures.js";
import type { Call, Http } from "./http.js";
import { movedDirectories } from "./moves.js";
import { readHeartbeat, readPolicy } from "./policy.js";
import { isOk, isSuccess, type Reply } from "./reply.js";
import { endSession } from "./session-end.js";

/**
 * A session with a Fusion of the Python line. It knows no seq, so what was taken of a batch is
 * remembered here and not sent again by a retry.
 */
export class V1Session implements Session {
  readonly id: string;
  readonly role: Role;
  readonly policy: SessionPolicy;
  readonly #http: Http;
  readonly #taken = new Map<Stream, { readonly seq: number; readonly calls: number }>();
  /** As of the last heartbeat. */
  #role: Role;
  #closed: Promise<void> | undefined;

  constructor(http: Http, reply: V1SessionReply) {
    this.#http = http;
    this.id = reply.session_id;
    this.role = reply.role;
    this.policy = readPolicy(reply);
    this.#role = reply.role;
  }

  async send({ stream, seq, messages }: Batch, signal: AbortSignal): Promise<SendReply> {
    signal.throwIfAborted();
    const taken = this.#taken.get(stream);
    let done = taken?.seq === seq ? taken.calls : 0;
    for (const call of toV1Calls(messages).slice(done)) {
      const reply = await this.#http.call(this.#toCall(call), signal);
      const isTaken = call.kind === "ingest" ? isOk(reply) : isSuccess(reply);
      if (!isTaken) {
        const failure = this.#failure("ingest", reply);
        // A refused batch is not sent again: another one will carry its seq.
        if (!failure.retryable) this.#taken.delete(stream);
        throw failure;
      }
      done += 1;
      this.#taken.set(stream, { seq, calls: done });
    }
    return { wanted: movedDirectories(messages) };
  }

  async heartbeat({ canRealtime }: HeartbeatReport, signal: AbortSignal): Promise<HeartbeatReply> {
    const path = urls.heartbeat("v1", this.id);
    const body = { can_realtime: canRealtime };
    const reply = await this.#http.call({ method: "POST", path, body }, signal);
    if (!isOk(reply)) throw this.#failure("heartbeat", reply);
    const heard = readHeartbeat(reply.body, this.#role);
    this.#role = heard.role;
    return heard;
  }

  close(): Promise<void> {
    this.#closed ??= endSession(this.#http, "v1", this.id);
    return this.#closed;
  }

  #toCall(call: V1Call): Call {
    if (call.kind === "audit_end") return { method: "POST", path: urls.auditEnd() };
    const body = { session_id: this.id, ...call.body };
    return { method: "POST", path: urls.ingest("v1", this.id), body };
  }

  #failure(call: "ingest" | "heartbeat", reply: Reply): FustorError {
    return replyFailure(reply, { endpoint: this.#http.endpoint, call, name: this.id });
  }
}
