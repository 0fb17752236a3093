import {
  ConfigError,
  FustorError,
  type Clock,
  type ConfigOf,
  type SenderDriver,
  type Session,
  type SessionRequest,
} from "@fustor/core";
import { encodeOpening, urls, type V1SessionReply, type V2SessionReply } from "@fustor/protocol";
import { ClockMap, type RoundTrip } from "./clock-map.js";
import type { configSchema } from "./config.js";
import { replyFailure } from "./failures.js";
import { Http } from "./http.js";
import { asFields, isSuccess } from "./reply.js";
import { endSession } from "./session-end.js";
import { readTls } from "./tls.js";
import { V1Session } from "./session-v1.js";
import { V2Session } from "./session-v2.js";

const OFFERS = { auto: ["v2", "v1"], v1: ["v1"], v2: ["v2"] } as const;

const ENCODINGS = { auto: ["batch", "json"], json: ["json"], binary: ["batch"] } as const;

const NO_SESSION = "no-session";

/** Opens sessions at one Fusion. */
export class FusionSender implements SenderDriver {
  readonly #http: Http;
  readonly #protocol: "auto" | "v1" | "v2";
  readonly #encoding: "auto" | "json" | "binary";
  readonly #clock: Clock;
  /** Of all sessions: they are with one Fusion. */
  readonly #clockMap: ClockMap;

  /** Throws `ConfigError` for an endpoint, key or certificate that could never work. */
  constructor(config: ConfigOf<typeof configSchema>, clock: Clock) {
    this.#http = new Http({
      endpoint: parseEndpoint(config.endpoint),
      key: parseKey(config.credential),
      timeoutMs: config.request_timeout_sec * 1000,
      tls: readTls(config),
    });
    this.#protocol = config.protocol;
    this.#encoding = config.encoding;
    this.#clock = clock;
    this.#clockMap = new ClockMap(clock);
  }

  async openSession(request: SessionRequest, signal: AbortSignal): Promise<Session> {
    const { endpoint } = this.#http;
    const askedAt = this.#clock.now();
    const body = encodeOpening(request, {
      protocols: OFFERS[this.#protocol],
      encodings: ENCODINGS[this.#encoding],
      clock: askedAt,
    });
    const reply = await this.#http.call({ method: "POST", path: urls.session(), body }, signal);
    const asked = { endpoint, call: "open", name: body.task_id } as const;
    if (!isSuccess(reply) || !isV1Reply(reply.body)) throw replyFailure(reply, asked);

    if (this.#protocol !== "v1" && isV2Reply(reply.body)) {
      const answeredAt = this.#clock.now();
      return this.#openV2(reply.body, { askedAt, answeredAt });
    }
    const { session_id: id } = reply.body;
    const refusal = this.#refusalOfV1(request.source.schema);
    if (refusal !== undefined) {
      await endSession(this.#http, "v1", id);
      throw refusal;
    }
    return new V1Session(this.#http, reply.body);
  }

  async #openV2(
    reply: V2SessionReply,
    trip: Pick<RoundTrip, "askedAt" | "answeredAt">,
  ): Promise<Session> {
    const [http, clock, clockMap] = [this.#http, this.#clock, this.#clockMap];
    const { limits, server_time: serverTime } = reply as Partial<V2SessionReply>;
    if (typeof serverTime === "number") clockMap.hear({ ...trip, serverTime });
    const isRead = limits?.encodings?.includes("batch") === true;
    if (this.#encoding === "binary" && !isRead) {
      await endSession(http, "v2", reply.session_id);
      throw new FustorError(
        "SESSION_REFUSED",
        `Fusion at ${http.endpoint} does not read binary batches. Set senders[].config.encoding to ` +
          "auto, or update that Fusion.",
      );
    }
    const binary = isRead && this.#encoding !== "json";
    return new V2Session(reply, { http, clock, clockMap, binary });
  }

  /** Asks after a session that cannot be: only a Fusion that takes our key knows that it is gone. */
  async check(signal: AbortSignal): Promise<void> {
    const { endpoint } = this.#http;
    const path = urls.heartbeat("v1", NO_SESSION);
    const body = { can_realtime: false };
    const reply = await this.#http.call({ method: "POST", path, body }, signal);
    if (reply.status !== 419) throw replyFailure(reply, { endpoint, call: "open", name: "check" });
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  #refusalOfV1(schema: string): FustorError | undefined {
    const { endpoint } = this.#http;
    if (this.#protocol === "v2") {
      return new FustorError(
        "SESSION_REFUSED",
        `Fusion at ${endpoint} does not speak v2. Set senders[].config.protocol to auto, or ` +
          "update that Fusion.",
      );
    }
    if (schema !== "fs") {
      return new FustorError(
        "SESSION_REFUSED",
        `Over v1 only files can be sent to Fusion at ${endpoint}, not rows of schema "${schema}". ` +
          "Use a Fusion that speaks v2.",
      );
    }
    return undefined;
  }
}

function parseEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.username !== "" || url.password !== "") {
    throw new ConfigError("sender fusion", [
      { path: "/endpoint", message: "must be a URL like http://localhost:8102, without a user" },
    ]);
  }
  return endpoint.replace(/\/+$/, "");
}

function parseKey(key: string): string {
  // Node refuses anything else in a header, with words that do not help.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new ConfigError("sender fusion", [
    { path: "/credential", message: "holds spaces or letters that no key has" },
  ]);
}

function isV1Reply(body: unknown): body is V1SessionReply {
  const { session_id, role, session_timeout_seconds, audit_interval_sec } = asFields(body);
  return (
    typeof session_id === "string" &&
    session_id !== "" &&
    (role === "leader" || role === "follower") &&
    isSeconds(session_timeout_seconds) &&
    session_timeout_seconds > 0 &&
    (audit_interval_sec === undefined || isSeconds(audit_interval_sec))
  );
}

function isV2Reply(body: V1SessionReply): body is V2SessionReply {
  const { protocol, epoch } = asFields(body);
  return protocol === "v2" && Number.isSafeInteger(epoch);
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
