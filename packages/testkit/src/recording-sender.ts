import {
  FustorError,
  type Batch,
  type HeartbeatReply,
  type HeartbeatReport,
  type Message,
  type Role,
  type ScanRequest,
  type SenderDriver,
  type SendReply,
  type Session,
  type SessionPolicy,
  type SessionRequest,
  type Stream,
} from "@fustor/core";

/** A batch that the receiver took. */
export interface RecordedBatch extends Batch {
  readonly sessionId: string;
}

/** A sender and its receiver in one, which writes down all it gets and fails on demand. */
export class RecordingSender implements SenderDriver {
  /** The batches taken, in order. */
  readonly batches: RecordedBatch[] = [];
  /** Every call of `send`, also those that failed. */
  readonly attempts: RecordedBatch[] = [];
  readonly requests: SessionRequest[] = [];
  readonly heartbeats: HeartbeatReport[] = [];
  /** Sessions ended by their opener. */
  readonly closedSessions: string[] = [];
  closed = false;
  /** What the next heartbeat, or the next session, says. */
  role: Role = "leader";
  policy: SessionPolicy = { timeoutMs: 30_000, auditIntervalMs: 0 };
  /** The session that is alive. */
  sessionId: string | undefined;
  readonly #openFailures: Error[] = [];
  readonly #heartbeatFailures: Error[] = [];
  readonly #sendFailures: Record<Stream, Error[]> = { realtime: [], scan: [] };
  readonly #held: Record<Stream, PromiseWithRelease | undefined> = {
    realtime: undefined,
    scan: undefined,
  };
  #heldHeartbeats: PromiseWithRelease | undefined;
  #scans: ScanRequest[] = [];
  #probes: string[] = [];
  /** Further fields of the next heartbeats' replies. */
  said: Pick<HeartbeatReply, "known" | "nextMs" | "cancels"> = {};
  #wanted: ScanRequest[] = [];

  /** All messages taken, of one stream or both. */
  messages(stream?: Stream): Message[] {
    return this.batches
      .filter((batch) => stream === undefined || batch.stream === stream)
      .flatMap((batch) => batch.messages);
  }

  /** Lets the next sends of a stream fail, one error each. */
  failSends(stream: Stream, ...errors: readonly Error[]): void {
    this.#sendFailures[stream].push(...errors);
  }

  failOpens(...errors: readonly Error[]): void {
    this.#openFailures.push(...errors);
  }

  failHeartbeats(...errors: readonly Error[]): void {
    this.#heartbeatFailures.push(...errors);
  }

  /** Lets sends of a stream hang until `release`. */
  hold(stream: Stream): void {
    this.#held[stream] ??= promiseWithRelease();
  }

  release(stream: Stream): void {
    this.#held[stream]?.release();
    this.#held[stream] = undefined;
  }

  holdHeartbeats(): void {
    this.#heldHeartbeats ??= promiseWithRelease();
  }

  /** Forgets the live session: whatever comes next for it throws `SESSION_LOST`. */
  loseSession(): void {
    this.sessionId = undefined;
  }

  /** Asks for listings with the reply to the next batch. */
  wantListings(...requests: readonly ScanRequest[]): void {
    this.#wanted.push(...requests);
  }

  /** Asks for scans with the next heartbeat. */
  askScans(...requests: readonly ScanRequest[]): void {
    this.#scans.push(...requests);
  }

  /** Asks for looks at single keys with the next heartbeat. */
  askProbes(...keys: readonly string[]): void {
    this.#probes.push(...keys);
  }

  async openSession(request: SessionRequest): Promise<Session> {
    this.requests.push(request);
    const error = this.#openFailures.shift();
    if (error !== undefined) throw error;
    const id = `s${String(this.requests.length)}`;
    this.sessionId = id;
    return {
      id,
      role: this.role,
      policy: this.policy,
      send: (batch, signal) => this.#send(id, batch, signal),
      heartbeat: (report, signal) => this.#heartbeat(id, report, signal),
      close: async () => {
        if (!this.closedSessions.includes(id)) this.closedSessions.push(id);
        if (this.sessionId === id) this.sessionId = undefined;
      },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async #send(sessionId: string, batch: Batch, signal: AbortSignal): Promise<SendReply> {
    signal.throwIfAborted();
    this.attempts.push({ ...batch, sessionId });
    await this.#held[batch.stream]?.wait(signal);
    this.#assertAlive(sessionId);
    const error = this.#sendFailures[batch.stream].shift();
    if (error !== undefined) throw error;
    this.batches.push({ ...batch, sessionId });
    return { wanted: this.#wanted.splice(0) };
  }

  async #heartbeat(
    sessionId: string,
    report: HeartbeatReport,
    signal: AbortSignal,
  ): Promise<HeartbeatReply> {
    signal.throwIfAborted();
    this.heartbeats.push(report);
    await this.#heldHeartbeats?.wait(signal);
    this.#assertAlive(sessionId);
    const error = this.#heartbeatFailures.shift();
    if (error !== undefined) throw error;
    const scans = this.#scans;
    this.#scans = [];
    return { role: this.role, scans, probes: this.#probes.splice(0), ...this.said };
  }

  #assertAlive(sessionId: string): void {
    if (this.sessionId === sessionId) return;
    throw new FustorError("SESSION_LOST", `Session ${sessionId} no longer exists.`, {
      retryable: true,
    });
  }
}

interface PromiseWithRelease {
  release(): void;
  /** Resolves at the release, rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
}

function promiseWithRelease(): PromiseWithRelease {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    release: () => {
      release();
    },
    wait: (signal) =>
      Promise.race([
        released,
        new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
        }),
      ]),
  };
}
