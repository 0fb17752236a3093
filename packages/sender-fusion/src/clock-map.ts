import type { Clock } from "@fustor/core";
import type { ClockMapping } from "@fustor/protocol";

/** One question and its answer: Fusion read its clock at some moment between the two. */
export interface RoundTrip {
  /** The agent's time, ms. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** Fusion's time, ms. */
  readonly serverTime: number;
}

/** A stretch of the agent's time, ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Sample {
  readonly at: number;
  readonly offsetMs: number;
  readonly errorMs: number;
}

const SAMPLES_MAX = 8;
/** How far two clocks may drift apart: what quartz does at its worst, 100 ppm. */
const DRIFT = 1e-4;
/** Where wall clock and monotonic clock part by more, the machine slept or a clock was set. */
const PARTED_MS = 1_000;

/**
 * How the agent's clock stands to one Fusion's, from round trips: the offset is known to half of
 * the fastest of the last ones, and to what both clocks may have drifted since.
 *
 * When the clocks part - the machine slept - what was seen before keeps the offset of its day, and
 * what was seen about then is known only to lie between both.
 */
export class ClockMap {
  readonly #clock: Clock;
  #samples: Sample[] = [];
  /** The samples before the clocks parted, and when that was. */
  #past: { readonly samples: readonly Sample[]; readonly parted: Span } | undefined;
  #lastAt = -Infinity;
  #gapMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the offset may be another one than at the last round trip. */
  get isDoubtful(): boolean {
    const gapMs = this.#readGap();
    if (gapMs === undefined || this.#gapMs === undefined) return false;
    return Math.abs(gapMs - this.#gapMs) > PARTED_MS;
  }

  hear({ askedAt, answeredAt, serverTime }: RoundTrip): void {
    const at = (askedAt + answeredAt) / 2;
    const sample = { at, offsetMs: serverTime - at, errorMs: (answeredAt - askedAt) / 2 };
    const known = bestOf(this.#samples, { from: at, to: at });
    if (known !== undefined && isApart(known, sample)) {
      this.#past = { samples: this.#samples, parted: { from: this.#lastAt, to: askedAt } };
      this.#samples = [];
    }
    this.#samples = [...this.#samples, sample].slice(-SAMPLES_MAX);
    this.#lastAt = answeredAt;
    this.#gapMs = this.#readGap();
  }

  /** Holds for all that was seen in the span; undefined before the first round trip. */
  mappingOf(span: Span): ClockMapping | undefined {
    const now = bestOf(this.#samples, span);
    if (now === undefined || this.#past === undefined) return now && toWhole(now);
    const { samples, parted } = this.#past;
    if (span.from >= parted.to) return toWhole(now);
    const then = bestOf(samples, span);
    if (then === undefined) return toWhole(now);
    return toWhole(span.to <= parted.from ? then : cover(then, now));
  }

  #readGap(): number | undefined {
    const wall = this.#clock.wall?.();
    return wall === undefined ? undefined : wall - this.#clock.now();
  }
}

/** What the best of the samples says of times in the span. */
function bestOf(samples: readonly Sample[], { from, to }: Span): ClockMapping | undefined {
  let best: ClockMapping | undefined;
  for (const { at, offsetMs, errorMs } of samples) {
    const ageMs = Math.max(Math.abs(from - at), Math.abs(to - at));
    const errorNowMs = errorMs + DRIFT * ageMs;
    if (best === undefined || errorNowMs < best.errorMs) best = { offsetMs, errorMs: errorNowMs };
  }
  return best;
}

function isApart(one: ClockMapping, other: ClockMapping): boolean {
  return Math.abs(one.offsetMs - other.offsetMs) > one.errorMs + other.errorMs;
}

function cover(one: ClockMapping, other: ClockMapping): ClockMapping {
  const least = Math.min(one.offsetMs - one.errorMs, other.offsetMs - other.errorMs);
  const most = Math.max(one.offsetMs + one.errorMs, other.offsetMs + other.errorMs);
  return { offsetMs: (least + most) / 2, errorMs: (most - least) / 2 };
}

/** In whole milliseconds, so that a mapping stays the same for a while. */
function toWhole({ offsetMs, errorMs }: ClockMapping): ClockMapping {
  const whole = Math.round(offsetMs);
  return { offsetMs: whole, errorMs: Math.ceil(errorMs + Math.abs(offsetMs - whole)) };
}
