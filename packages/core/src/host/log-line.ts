import type { LoggedError } from "./log-fields.js";
import { timeOfDay } from "./system-clock.js";

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly err?: LoggedError;
  readonly [field: string]: unknown;
}

const RESET = "\u001B[0m";
const DIM = "\u001B[2m";
const COLOURS: Record<string, string | undefined> = {
  warn: "\u001B[33m",
  error: "\u001B[31m",
  fatal: "\u001B[31m",
};

/** Turns a JSON log line into one for people, e.g. `14:02:11 info  snapshot sent rows=12`. */
export function formatLogLine(json: string, { colour }: { readonly colour: boolean }): string {
  const { level, time, msg = "", err, ...fields } = JSON.parse(json) as Line;
  const paint = (text: string, sequence: string | undefined) =>
    colour && sequence !== undefined ? `${sequence}${text}${RESET}` : text;
  const facts = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
  const parts = [
    paint(timeOfDay(time), DIM),
    paint(level.padEnd(5), COLOURS[level]),
    err === undefined ? msg : `${msg}: ${err.message}`,
    ...(facts.length === 0 ? [] : [paint(facts.join(" "), DIM)]),
  ];
  const stack = err?.stack === undefined ? "" : `${err.stack}\n`;
  return `${parts.join(" ")}\n${stack}`;
}

function show(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}
