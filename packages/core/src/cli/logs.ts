import { open, type FileHandle } from "node:fs/promises";
import { isatty } from "node:tty";
import { FustorError } from "../errors.js";
import type { App } from "../host/app.js";
import { APP_WORDS } from "../host/app.js";
import { formatLogLine } from "../host/log-line.js";
import { findPlaces, type PlaceOptions } from "../host/places.js";
import { createSystemClock } from "../host/system-clock.js";
import { listenForStop } from "./stop-signal.js";

export interface LogsOptions extends PlaceOptions {
  readonly follow?: boolean;
  /** So many lines of the end. */
  readonly lines: string;
  /** The lines as they stand in the file. */
  readonly json?: boolean;
}

const POLL_MS = 250;
const PIECE_BYTES = 65_536;
/** The end that is read is no longer than this, however many lines are asked for. */
const END_BYTES_MAX = 16 << 20;

/** Prints the end of the log of an app, and with `follow` what comes, until Ctrl-C. */
export async function logs(app: App, options: LogsOptions): Promise<number> {
  const { logFile } = findPlaces(app, options);
  if (!/^\d{1,7}$/.test(options.lines)) {
    throw new FustorError("USAGE", `--lines is "${options.lines}". Give a whole number.`);
  }
  const colour = isatty(1) && !process.env["NO_COLOR"];
  const print = (line: string): void => {
    process.stdout.write(options.json === true ? `${line}\n` : toText(line, colour));
  };
  const { lines, end } = await readEnd(app, logFile, Number(options.lines));
  lines.forEach(print);
  if (options.follow === true) await follow(logFile, end, print);
  return 0;
}

/** What is no record was printed for people already. */
function toText(line: string, colour: boolean): string {
  if (!line.startsWith("{")) return `${line}\n`;
  try {
    return formatLogLine(line, { colour });
  } catch {
    // Torn by a crash, or of another program.
    return `${line}\n`;
  }
}

async function readEnd(app: App, file: string, count: number) {
  const log = await open(file).catch((cause: unknown) => {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const words = APP_WORDS[app].noun;
    const reason = code === "ENOENT" ? `no ${words} was started in the background here yet` : code;
    throw new FustorError("NOT_FOUND", `There is no log at ${file}: ${reason}.`, { cause });
  });
  try {
    const { size } = await log.stat();
    const from = Math.max(0, size - END_BYTES_MAX);
    const text = await readPart(log, from, size);
    // The last line may still be written: whoever follows reads it then.
    const whole = text.lastIndexOf("\n") + 1;
    const lines = text.slice(0, whole).split("\n").slice(0, -1);
    const end = from + Buffer.byteLength(text.slice(0, whole));
    return { lines: count === 0 ? [] : lines.slice(-count), end };
  } finally {
    await log.close();
  }
}

async function readPart(log: FileHandle, from: number, to: number): Promise<string> {
  const { buffer, bytesRead } = await log.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.toString("utf8", 0, bytesRead);
}

/** A file that became shorter, or was replaced, is read from its beginning. */
async function follow(file: string, end: number, print: (line: string) => void): Promise<void> {
  const clock = createSystemClock();
  const stop = listenForStop();
  let log = await open(file);
  let at = end;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const { size, ino } = await log.stat();
      if (size < at) [at, rest] = [0, Buffer.alloc(0)];
      if (size > at) {
        const { buffer, bytesRead } = await log.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at);
        at += bytesRead;
        const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const whole = text.lastIndexOf(0x0a) + 1;
        for (const line of text.toString("utf8", 0, whole).split("\n").slice(0, -1)) print(line);
        rest = text.subarray(whole);
        continue;
      }
      const next = await open(file).catch(() => undefined);
      if (next !== undefined && (await next.stat()).ino !== ino) {
        await log.close();
        [log, at, rest] = [next, 0, Buffer.alloc(0)];
        continue;
      }
      await next?.close();
      await clock.sleep(POLL_MS, stop.signal);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await log.close();
    stop.dispose();
  }
}
