import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message, Stream } from "@fustor/core";
import {
  BATCH_TYPE,
  openBinaryBatch,
  openJsonBatch,
  type BatchEnvelope,
  type Dialect,
  type V2IngestRequest,
} from "@fustor/protocol";

export const KEY = "fk_test_0123456789";

/** What the fake answers instead, to the next request whose path fits. */
export interface Answer {
  readonly path: RegExp;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Never answers. */
  readonly silent?: boolean;
}

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** The least that a sender can talk to: one session at a time, no view behind it. */
export class FakeFusion {
  readonly requests: Recorded[] = [];
  readonly received: Message[] = [];
  /** Extra fields of the next heartbeats' replies. */
  heartbeat: object = {};
  /** Extra fields of the next replies to a v2 opening. */
  opening: object = {};
  /** The scopes that it wants listed, with the next batches. */
  wanted: readonly string[] = [];
  readonly #answers: Answer[] = [];
  readonly #dialect: Dialect;
  readonly #sockets = createServer((request, response) => void this.#serve(request, response));
  #sessions = 0;
  #live: string | undefined;
  #schema = "";
  #committed: Record<Stream, number> = { realtime: 0, scan: 0 };

  private constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  static async start(dialect: Dialect): Promise<FakeFusion> {
    const fusion = new FakeFusion(dialect);
    fusion.#sockets.listen(0, "127.0.0.1");
    await once(fusion.#sockets, "listening");
    return fusion;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#sockets.address() as AddressInfo).port)}`;
  }

  answerNext(answer: Answer): void {
    this.#answers.push(answer);
  }

  endSession(): void {
    this.#live = undefined;
  }

  async stop(): Promise<void> {
    this.#sockets.closeAllConnections();
    this.#sockets.close();
    await once(this.#sockets, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    const body = readBody(Buffer.concat(chunks), headers["content-type"]);
    this.requests.push({ method, path, headers, body });
    const index = this.#answers.findIndex((answer) => answer.path.test(path));
    const answer =
      index >= 0 ? this.#answers.splice(index, 1)[0] : this.#answer(method, path, headers, body);
    if (answer === undefined || answer.silent === true) return;
    response.writeHead(answer.status ?? 200, {
      "content-type": "application/json",
      ...answer.headers,
    });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  }

  #answer(
    method: string,
    path: string,
    headers: IncomingMessage["headers"],
    body: unknown,
  ): Omit<Answer, "path"> {
    if (headers["x-api-key"] !== KEY) return { status: 401, body: { detail: "Invalid API key" } };
    if (path === "/api/v1/pipe/session/") return this.#open(body);
    if (path.startsWith("/api/v1/pipe/consistency/")) return { body: { status: "audit_ended" } };
    if (method === "DELETE") {
      this.#live = undefined;
      return { body: { status: "terminated" } };
    }
    const isLive = this.#live !== undefined && path.includes(`/${this.#live}/`);
    if (path.endsWith("/heartbeat")) {
      if (!isLive) return { status: 419, body: { detail: "Session obsoleted" } };
      return { body: { status: "ok", role: "leader", commands: [], ...this.heartbeat } };
    }
    if (!isLive) return { status: this.#dialect === "v1" ? 404 : 419, body: {} };
    if (this.#dialect === "v1") return { body: { status: "ok", count: 1 } };
    return this.#ingest(body as V2IngestRequest | BatchEnvelope);
  }

  #open(body: unknown): Omit<Answer, "path"> {
    this.#sessions += 1;
    this.#live = `s${String(this.#sessions)}`;
    this.#schema = (body as { source_type: string }).source_type;
    this.#committed = { realtime: 0, scan: 0 };
    const reply = {
      session_id: this.#live,
      role: "leader",
      session_timeout_seconds: 9,
      audit_interval_sec: 15.0,
      sentinel_interval_sec: 5.0,
      message: "Session created successfully",
    };
    if (this.#dialect === "v1") return { body: reply };
    const v2 = { protocol: "v2", epoch: 1, committed: this.#committed };
    return { body: { ...reply, ...v2, ...this.opening } };
  }

  #ingest(body: V2IngestRequest | BatchEnvelope): Omit<Answer, "path"> {
    const envelope = "messages" in body ? openJsonBatch(body) : body;
    const { stream, seq, messages } = envelope.decode({ schema: this.#schema });
    const expected = this.#committed[stream] + 1;
    if (seq > expected) return { status: 409, body: { error: { code: "SEQ_GAP" }, expected } };
    if (seq === expected) {
      this.#committed[stream] = seq;
      this.received.push(...messages);
    }
    return { body: { committed: this.#committed[stream], wanted: this.wanted, credits: 8 } };
  }
}

function readBody(bytes: Buffer, type: string | undefined): unknown {
  if (bytes.length === 0) return undefined;
  return type === BATCH_TYPE ? openBinaryBatch(bytes) : JSON.parse(bytes.toString());
}
