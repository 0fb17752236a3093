import type { Clock } from "@fustor/core";

/** One line that changes in place, on a terminal; elsewhere a new line now and then. */
export interface LiveLine {
  show(text: string): void;
  /** A line that stays. */
  say(text: string): void;
  /** Removes the changing line. */
  end(): void;
}

export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How often a line is worth its space in a log. */
const EVERY_MS = 2_000;
const CLEAR = "\r\u001b[K";

export function createLiveLine(stream: LineStream, clock: Clock): LiveLine {
  return stream.isTTY === true ? terminalLine(stream) : pacedLine(stream, clock);
}

function terminalLine(stream: LineStream): LiveLine {
  return {
    // A line that wraps could not be taken back.
    show: (text) => stream.write(`${CLEAR}${text.slice(0, (stream.columns ?? 80) - 1)}`),
    say: (text) => stream.write(`${CLEAR}${text}\n`),
    end: () => stream.write(CLEAR),
  };
}

function pacedLine(stream: LineStream, clock: Clock): LiveLine {
  let nextAt = clock.now() + EVERY_MS;
  return {
    show: (text) => {
      if (clock.now() < nextAt) return;
      nextAt = clock.now() + EVERY_MS;
      stream.write(`${text}\n`);
    },
    say: (text) => stream.write(`${text}\n`),
    end: () => undefined,
  };
}
