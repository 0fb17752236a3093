import type { Role } from "../drivers.js";
import type { Logger } from "../logger.js";
import type { Phase, PipeCounters, PipeState, PipeStatus } from "../pipe.js";
import type { Clock } from "../time.js";
import { codeOf, messageOf } from "./error-facts.js";

/** Where something can be missing. */
export type Area = "source" | "walk" | "session" | "heartbeat" | "realtime" | "scan";

type Problem = NonNullable<PipeStatus["problem"]>;

/** The counters of a pipe that has done nothing. */
export const NO_COUNTS: PipeCounters = {
  sessionsOpened: 0,
  snapshotsCompleted: 0,
  auditsCompleted: 0,
  rowsSent: 0,
  batchesSent: 0,
  batchesRefused: 0,
  retries: 0,
  lostReported: 0,
  sourceRestarts: 0,
  sendMs: 0,
  buffered: 0,
  overflows: 0,
};

/** What a pipe knows about itself: written by its parts, read by its status. */
export class Monitor {
  readonly counters: { -readonly [K in keyof PipeCounters]: number } = { ...NO_COUNTS };
  sessionId: string | undefined;
  role: Role | undefined;
  watching = false;
  stopped = false;
  readonly #pipeId: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #problems = new Map<Area, Problem>();
  #phase: Phase = "idle";
  /** When the walk began, and the rows that had been sent by then. */
  #walk: { readonly startedAt: number; readonly rowsBefore: number } | undefined;

  constructor(pipeId: string, clock: Clock, logger: Logger) {
    this.#pipeId = pipeId;
    this.#clock = clock;
    this.#logger = logger;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** A walk begins, or with `idle` ends. */
  set phase(phase: Phase) {
    this.#phase = phase;
    this.#walk =
      phase === "idle"
        ? undefined
        : { startedAt: this.#clock.now(), rowsBefore: this.counters.rowsSent };
  }

  get walk(): PipeStatus["walk"] {
    if (this.#walk === undefined) return undefined;
    const { startedAt, rowsBefore } = this.#walk;
    return { startedAt, rowsSent: this.counters.rowsSent - rowsBefore };
  }

  get state(): PipeState {
    if (this.stopped) return "stopped";
    if (this.#problems.size > 0) return "retrying";
    return this.sessionId === undefined ? "starting" : "running";
  }

  /** The newest problem that has not gone away. */
  get problem(): Problem | undefined {
    return [...this.#problems.values()].reduce<Problem | undefined>(
      (newest, each) => (newest === undefined || each.at >= newest.at ? each : newest),
      undefined,
    );
  }

  /** Something is missing. Logged when it is news. */
  fail(area: Area, error: unknown): void {
    const problem = {
      code: codeOf(error) ?? "UNEXPECTED",
      message: messageOf(error),
      at: this.#clock.now(),
    } as const;
    const isNews = this.#problems.get(area)?.message !== problem.message;
    this.#problems.set(area, problem);
    if (isNews) this.#logger.warn({ pipe: this.#pipeId, area, err: error }, "pipe has a problem");
  }

  /** What was missing there is back. */
  clear(...areas: readonly Area[]): void {
    for (const area of areas) {
      if (this.#problems.delete(area)) {
        this.#logger.info({ pipe: this.#pipeId, area }, "pipe recovered");
      }
    }
  }
}
