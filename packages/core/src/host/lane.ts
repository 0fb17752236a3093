import { setImmediate as nextTurn } from "node:timers/promises";
import type { ScanRequest, SendReply, Session, Stream } from "../drivers.js";
import { hasCode, isRetryable } from "../errors.js";
import { countRows } from "../messages.js";
import type { Clock, Random } from "../time.js";
import { createBackoff, type Backoff } from "./backoff.js";
import { Bell } from "./bell.js";
import type { Waiting } from "./buffer.js";
import { retryAfterMsOf } from "./error-facts.js";
import { halvesOf } from "./halves.js";
import type { Monitor } from "./monitor.js";
import { contentOf, isPack, type Cargo } from "./packs.js";

export interface LaneOptions<Load extends Cargo> {
  readonly session: Session;
  readonly stream: Stream;
  readonly waiting: Waiting<Load>;
  readonly batchRowsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly monitor: Monitor;
  /** The receiver has taken responsibility, and wants these scopes listed. */
  readonly onTaken: (load: Load, wanted: readonly ScanRequest[]) => void;
  /** The receiver does not want these, now or later. */
  readonly onRefused: (load: Load, error: unknown) => void;
  /** The session ended before the receiver took these. */
  readonly onUnsent: (load: Load) => void;
}

const RETRY_BASE_MS = 200;
const RETRY_CAP_MS = 15_000;
/** So often at most a batch is sent in parts: one that is wrong all over is refused in large ones. */
const PARTS_MAX = 64;

/** Sends one stream of one session, batch by batch, in order, each until it is taken or refused. */
export class Lane<Load extends Cargo> {
  readonly #options: LaneOptions<Load>;
  readonly #backoff: Backoff;
  readonly #bell = new Bell();
  #seq = 1;
  #busy = false;

  constructor(options: LaneOptions<Load>) {
    this.#options = options;
    const { random } = options;
    this.#backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS });
  }

  /** Ends only by an error: the signal's reason, or what ended the session. */
  async run(signal: AbortSignal): Promise<never> {
    const { waiting, batchRowsMax, onUnsent } = this.#options;
    for (;;) {
      await waiting.ready(signal);
      this.#busy = true;
      // What comes in this turn of the event loop travels together.
      await nextTurn();
      signal.throwIfAborted();
      const load = waiting.take(batchRowsMax);
      try {
        if (isPack(load) || load.length > 0) await this.#send(load, signal);
      } catch (error) {
        onUnsent(load);
        throw error;
      }
      this.#busy = false;
      this.#bell.ring();
    }
  }

  /** Resolves once nothing waits and nothing is under way, or the signal aborts. */
  idle(signal: AbortSignal, isEmpty: () => boolean): Promise<void> {
    return this.#bell.until(() => !this.#busy && isEmpty(), signal);
  }

  /**
   * Sends a load until it is taken. Of one that is refused the halves are tried, and of these, until
   * what the receiver does not want is found: the rest arrives.
   */
  async #send(load: Load, signal: AbortSignal): Promise<void> {
    const { monitor, onTaken, onRefused } = this.#options;
    const wanted: ScanRequest[] = [];
    const refused: { readonly part: Cargo; readonly error: unknown }[] = [];
    let attempts = 0;
    let taken = 0;
    const waiting: Cargo[] = [load];
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      attempts += 1;
      const answer = await this.#sendPart(part, signal);
      if ("wanted" in answer) {
        taken += 1;
        wanted.push(...answer.wanted);
        continue;
      }
      const halves = isPack(part) || attempts > PARTS_MAX ? undefined : halvesOf(part);
      if (halves === undefined) refused.push({ part, error: answer.error });
      else waiting.unshift(...halves);
    }
    if (refused.length > 0) monitor.counters.batchesRefused += 1;
    // A part of a load is a load.
    for (const { part, error } of refused) onRefused(part as Load, error);
    if (taken > 0) onTaken(load, wanted);
  }

  /** What the receiver wants listed, or why it does not want the part. */
  async #sendPart(
    part: Cargo,
    signal: AbortSignal,
  ): Promise<{ readonly wanted: readonly ScanRequest[] } | { readonly error: unknown }> {
    const { session, stream, clock, monitor } = this.#options;
    const content = contentOf(part);
    const begunAt = clock.now();
    let reply: SendReply | undefined;
    for (;;) {
      try {
        reply = await session.send({ stream, seq: this.#seq, ...content }, signal);
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (!hasCode(error, "SEND_FAILED")) throw error;
        if (!isRetryable(error)) {
          // The number was not used up: the next batch carries it.
          this.#recover();
          return { error };
        }
        monitor.fail(stream, error);
        monitor.counters.retries += 1;
        await clock.sleep(this.#backoff.next(retryAfterMsOf(error)), signal);
      }
    }
    this.#seq += 1;
    this.#recover();
    const { counters } = monitor;
    counters.batchesSent += 1;
    counters.sendMs += clock.now() - begunAt;
    counters.rowsSent += content.pack?.rows ?? 0;
    for (const message of content.messages) {
      counters.rowsSent += countRows(message);
      if (message.kind === "lost") counters.lostReported += 1;
    }
    return { wanted: reply?.wanted ?? [] };
  }

  #recover(): void {
    this.#backoff.reset();
    this.#options.monitor.clear(this.#options.stream);
  }
}
