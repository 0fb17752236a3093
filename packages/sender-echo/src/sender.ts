import {
  countRows,
  type Batch,
  type ConfigOf,
  type HeartbeatReply,
  type Logger,
  type SenderDriver,
  type Session,
  type SessionPolicy,
  type SessionRequest,
} from "@fustor/core";
import type { configSchema } from "./config.js";

/** Nothing ends an echo's session; the pipe's heartbeats still need a pace. */
const TIMEOUT_MS = 30_000;

export interface EchoOptions {
  readonly config: ConfigOf<typeof configSchema>;
  readonly logger: Logger;
  /** Takes one line, without its end. */
  readonly print: (line: string) => void;
}

/** A receiver that takes everything, always lets its one session lead, and keeps nothing. */
export class EchoSender implements SenderDriver {
  readonly #options: EchoOptions;
  #sessions = 0;

  constructor(options: EchoOptions) {
    this.#options = options;
  }

  async openSession(request: SessionRequest, signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    const { config, logger } = this.#options;
    this.#sessions += 1;
    const id = `${request.pipeId}-${String(this.#sessions)}`;
    logger.info({ session: id, uri: request.source.uri }, "echo session opened");
    const policy = { timeoutMs: TIMEOUT_MS, auditIntervalMs: config.audit_interval_sec * 1000 };
    return new EchoSession(id, policy, this.#options);
  }

  async close(): Promise<void> {
    // Sessions hold nothing that could stay open.
  }
}

class EchoSession implements Session {
  readonly id: string;
  readonly role = "leader";
  readonly policy: SessionPolicy;
  readonly #options: EchoOptions;
  readonly #taken = { realtime: 0, scan: 0 };

  constructor(id: string, policy: SessionPolicy, options: EchoOptions) {
    this.id = id;
    this.policy = policy;
    this.#options = options;
  }

  async send({ stream, seq, messages }: Batch, signal: AbortSignal): Promise<undefined> {
    signal.throwIfAborted();
    // A retry of what was taken already.
    if (seq <= this.#taken[stream]) return undefined;
    this.#taken[stream] = seq;
    const { config, logger, print } = this.#options;
    if (config.rows) for (const message of messages) print(JSON.stringify(message));
    const rows = messages.reduce((sum, message) => sum + countRows(message), 0);
    logger.info({ session: this.id, stream, seq, messages: messages.length, rows }, "batch taken");
    return undefined;
  }

  async heartbeat(): Promise<HeartbeatReply> {
    return { role: "leader", scans: [] };
  }

  async close(): Promise<void> {
    this.#options.logger.debug({ session: this.id }, "echo session closed");
  }
}
