import type { Clock } from "../time.js";
import { isoTime } from "./system-clock.js";

export interface LineLimits {
  /** For so long a line is told once, and after that how often it came. */
  readonly intervalMs: number;
  /** So many different lines with one message are told in an interval. */
  readonly linesPerMessage: number;
  /** So many messages are followed at once; what is more is told without a limit of its own. */
  readonly messages: number;
}

export const LINE_LIMITS: LineLimits = { intervalMs: 10_000, linesPerMessage: 100, messages: 500 };

/** What came of one message in one interval. */
interface Heard {
  readonly until: number;
  readonly level: string;
  /** Lines that were told, by their text without its time, and how often they came again. */
  readonly lines: Map<string, number>;
  /** Lines that were not told at all. */
  leftOut: number;
}

/**
 * Keeps a log readable and bounded, whatever happens how often. A line that comes again within the
 * interval is told once and then counted: `repeated`. Of one message with ever other fields, only so
 * many lines are told: `left_out` counts the others. What `debug` says passes, for somebody asked.
 */
export class LineLimit {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #limits: LineLimits;
  readonly #heard = new Map<string, Heard>();
  #isWaiting = false;

  /** `write` takes lines that are to be told. */
  constructor(clock: Clock, write: (line: string) => void, limits: LineLimits = LINE_LIMITS) {
    this.#clock = clock;
    this.#write = write;
    this.#limits = limits;
  }

  /** Takes a JSON line as pino makes it, with its end. */
  take(line: string): void {
    const [, level = "", rest = ""] = LINE.exec(line) ?? [];
    const message = MESSAGE.exec(line)?.[1];
    if (message === undefined || level === "" || level === "debug") {
      this.#write(line);
      return;
    }
    this.#tellDue();
    const heard = this.#heardOf(level, message);
    const times = heard?.lines.get(rest);
    if (heard === undefined || this.#isNew(heard, rest, times)) {
      this.#write(line);
      return;
    }
    if (times === undefined) heard.leftOut += 1;
    else heard.lines.set(rest, times + 1);
    this.#wait();
  }

  #isNew({ lines }: Heard, rest: string, times: number | undefined): boolean {
    if (times !== undefined || lines.size >= this.#limits.linesPerMessage) return false;
    lines.set(rest, 0);
    return true;
  }

  #heardOf(level: string, message: string): Heard | undefined {
    const key = `${level} ${message}`;
    const known = this.#heard.get(key);
    if (known !== undefined) return known;
    if (this.#heard.size >= this.#limits.messages) return undefined;
    const until = this.#clock.now() + this.#limits.intervalMs;
    const heard: Heard = { until, level, lines: new Map(), leftOut: 0 };
    this.#heard.set(key, heard);
    return heard;
  }

  /** They are in the order in which their intervals end. */
  #tellDue(): void {
    const now = this.#clock.now();
    for (const [key, heard] of this.#heard) {
      if (heard.until > now) return;
      this.#heard.delete(key);
      this.#tell(key.slice(heard.level.length + 1), heard, now);
    }
  }

  #tell(message: string, { level, lines, leftOut }: Heard, now: number): void {
    const time = isoTime(now);
    const head = `{"level":"${level}","time":"${time}"`;
    for (const [rest, repeated] of lines) {
      if (repeated === 0) continue;
      this.#write(`${head},"repeated":${String(repeated)},${rest}`);
    }
    if (leftOut === 0) return;
    this.#write(`${head},"left_out":${String(leftOut)},"msg":"${message}"}\n`);
  }

  /** What was counted is told when its interval ends, also when nothing more comes. */
  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#clock.sleep(this.#limits.intervalMs).then(() => {
      this.#isWaiting = false;
      this.#tellDue();
      const isCounting = [...this.#heard.values()].some(
        ({ lines, leftOut }) => leftOut > 0 || [...lines.values()].some((times) => times > 0),
      );
      if (isCounting) this.#wait();
    });
  }
}

/** Its level, and all that follows its time. */
const LINE = /^\{"level":"(\w+)","time":"[^"]*",([\s\S]*)$/;
/** The last field of a line. */
const MESSAGE = /"msg":"((?:[^"\\]|\\.)*)"\}\n?$/;
