import type { LogLine } from "@fustor/console";
import type { Clock, Logger } from "@fustor/core";
import { blankSecrets, serialiseError } from "@fustor/core/host";

/** Enough to see what has just happened; the log file has the rest. */
const LINES_MAX = 1_000;

/** The last lines of a log, for the agent's page. Secrets are blanked as in the log itself. */
export class LogMemory {
  readonly #clock: Clock;
  #lines: LogLine[] = [];
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A logger that also writes here. What is for debugging stays with the other one. */
  listen(logger: Logger): Logger {
    return {
      debug: (fields, message) => {
        logger.debug(fields, message);
      },
      info: (fields, message) => {
        logger.info(fields, message);
        this.#note("info", fields, message);
      },
      warn: (fields, message) => {
        logger.warn(fields, message);
        this.#note("warn", fields, message);
      },
      error: (fields, message) => {
        logger.error(fields, message);
        this.#note("error", fields, message);
      },
    };
  }

  /** The lines after the one with this number, the oldest first. */
  after(number: number): readonly LogLine[] {
    // Who knows more than there is asks about the time before a restart.
    if (number > this.#number) return this.#lines;
    return this.#lines.filter((line) => line.number > number);
  }

  #note(level: string, fields: object, message: string): void {
    this.#number += 1;
    const { err, ...rest } = fields as { readonly err?: unknown };
    const said = err === undefined ? rest : { ...rest, err: withoutStack(err) };
    const line = {
      number: this.#number,
      at: Math.round(this.#clock.now()),
      level,
      message,
      fields: blankSecrets(said),
    };
    this.#lines = [...this.#lines, line].slice(-LINES_MAX);
  }
}

/** A stack is for the log file: the page shows what happened. */
function withoutStack(error: unknown): object {
  const { stack, ...rest } = serialiseError(error);
  return stack === undefined ? rest : { ...rest };
}
