import { mkdirSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { DestinationStream, Logger as PinoLogger } from "pino";
import { FustorError } from "../errors.js";
import type { Clock } from "../time.js";
import { hideKeys } from "./hide-keys.js";
import { blankSecrets, serialiseError } from "./log-fields.js";
import { LineLimit } from "./line-limit.js";
import { formatLogLine } from "./log-line.js";
import { createSystemClock } from "./system-clock.js";

export interface LoggerOptions {
  /** The least level that is written: `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** JSON lines are appended to it; without a file the log goes to standard error. */
  readonly file?: string | undefined;
  /** Readable lines on standard error: unless said otherwise, when a person sits there. */
  readonly pretty?: boolean | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const LEVELS = ["debug", "info", "warn", "error"];

/** The level that `FUSTOR_LOG_LEVEL` asks for, else `info`. Throws `USAGE` when it is none. */
export function readLogLevel(env: NodeJS.ProcessEnv): string {
  const { FUSTOR_LOG_LEVEL: level = "" } = env as Record<string, string | undefined>;
  if (level === "") return "info";
  if (LEVELS.includes(level)) return level;
  throw new FustorError(
    "USAGE",
    `FUSTOR_LOG_LEVEL is ${JSON.stringify(level)}; use debug, info, warn or error.`,
  );
}

/**
 * The log of a host: JSON lines in `file`, readable lines on standard error, or both.
 *
 * Fields that are named like secrets are blanked, keys wherever they stand, and our own errors are written without a stack
 * trace. A line that comes again and again is counted instead (`LineLimit`). A log that cannot be
 * written to any more (a full disk) loses lines and stops nobody.
 */
export function createLogger({
  level,
  file,
  pretty,
  clock = createSystemClock(),
}: LoggerOptions): PinoLogger {
  // Loaded on first use: commands that log nothing start quicker without it.
  const { pino } = createRequire(import.meta.url)("pino") as typeof import("pino");
  const isRead = process.stderr.isTTY && file === undefined;
  const streams: DestinationStream[] = [];
  if (file !== undefined) streams.push(openLogFile(file));
  if (pretty ?? isRead) streams.push(prettyStream());
  if (streams.length === 0) streams.push(lineStream(process.stderr.fd));
  const limit = new LineLimit(clock, (line) => {
    for (const stream of streams) stream.write(line);
  });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: blankSecrets,
      },
      serializers: { err: serialiseError },
    },
    {
      write: (line) => {
        limit.take(hideKeys(line));
      },
    },
  );
}

function openLogFile(file: string): DestinationStream {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return lineStream(openSync(file, "a", 0o600));
}

/** Written at once and by the caller: the last lines before a crash are the ones that matter. */
function lineStream(fd: number): DestinationStream {
  return {
    write: (line) => {
      try {
        writeSync(fd, line);
      } catch {
        // Nobody is left to be told.
      }
    },
  };
}

function prettyStream(): DestinationStream {
  const stream = lineStream(process.stderr.fd);
  const colour = process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  return {
    write: (line) => {
      stream.write(formatLogLine(line, { colour }));
    },
  };
}
