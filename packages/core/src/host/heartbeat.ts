import type { HeartbeatReply, HeartbeatReport, Session } from "../drivers.js";
import { FustorError } from "../errors.js";
import type { Clock, Random } from "../time.js";
import { createBackoff } from "./backoff.js";
import { Bell } from "./bell.js";
import { codeOf, retryAfterMsOf } from "./error-facts.js";
import type { Monitor } from "./monitor.js";
import { withAbort, withTimeLimit } from "./with-abort.js";

export interface HeartbeatOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly random: Random;
  readonly monitor: Monitor;
  readonly report: () => HeartbeatReport;
  readonly onReply: (reply: HeartbeatReply) => void;
}

const RETRY_BASE_MS = 500;
/** However soon the receiver wants to be asked again. */
const PAUSE_MS_MIN = 200;

/**
 * Tells the receiver that the pipe lives, at once and then three times per time-out, or sooner where
 * the receiver says that it has more to ask.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #bell = new Bell();
  #poked = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Something changed that the receiver should know now. */
  poke(): void {
    this.#poked = true;
    this.#bell.ring();
  }

  /** Ends only by an error: the signal's reason, or what ended the session. */
  async run(signal: AbortSignal): Promise<never> {
    const { session, clock, random, monitor, report, onReply } = this.#options;
    const intervalMs = session.policy.timeoutMs / 3;
    const limit = { clock, ms: intervalMs, late: () => unanswered(intervalMs) };
    const backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: intervalMs });
    for (;;) {
      this.#poked = false;
      let pauseMs = intervalMs;
      try {
        const reply = await withTimeLimit(limit, signal, (s) => session.heartbeat(report(), s));
        monitor.clear("heartbeat");
        backoff.reset();
        onReply(reply);
        const { nextMs = intervalMs } = reply;
        pauseMs = Math.min(intervalMs, Math.max(PAUSE_MS_MIN, nextMs));
      } catch (error) {
        signal.throwIfAborted();
        if (endsSession(error)) throw error;
        monitor.fail("heartbeat", error);
        pauseMs = Math.min(intervalMs, backoff.next(retryAfterMsOf(error)));
      }
      await this.#pause(pauseMs, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await withAbort(signal, async ({ signal: either }) => {
      await Promise.race([
        this.#options.clock.sleep(ms, either),
        this.#bell.until(() => this.#poked, either),
      ]);
    });
    signal.throwIfAborted();
  }
}

function unanswered(ms: number): FustorError {
  const seconds = String(Math.round(ms / 1_000));
  const message = `A heartbeat got no answer within ${seconds} s. Check the receiver; it is tried again.`;
  return new FustorError("SEND_FAILED", message, { retryable: true });
}

/** A receiver that cannot be reached may still hold the session; one that says no does not. */
function endsSession(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && code !== "SEND_FAILED";
}
