import type { SessionPolicy } from "../drivers.js";
import type { Clock } from "../time.js";

/** The storage has a rest between two audits, however stale things may be. */
const PAUSE_MS_MIN = 1_000;

/** When the leader's next audit is due. */
export class AuditPlan {
  readonly #policy: SessionPolicy;
  readonly #clock: Clock;
  #dueAt: number | undefined;

  constructor(policy: SessionPolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  /** Agent time in ms; undefined while none is planned. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /**
   * A walk over everything has ended, which took `tookMs`. The next one begins so early that nothing
   * is looked at later than the policy allows: a row that was met first may be met last then.
   */
  plan(tookMs: number): void {
    const { auditIntervalMs, maxStalenessMs = Infinity } = this.#policy;
    const intervalMs = auditIntervalMs > 0 ? auditIntervalMs : Infinity;
    const leftMs = Math.max(PAUSE_MS_MIN, maxStalenessMs - 2 * tookMs);
    const pauseMs = Math.min(intervalMs, leftMs);
    this.#dueAt = Number.isFinite(pauseMs) ? this.#clock.now() + pauseMs : undefined;
  }

  /** An audit failed: the next one may begin as soon as walks may. */
  again(): void {
    this.#dueAt = this.#clock.now();
  }

  cancel(): void {
    this.#dueAt = undefined;
  }
}
