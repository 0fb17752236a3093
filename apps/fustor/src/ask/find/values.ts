import { FustorError } from "@fustor/core";

const MINUTE_NS = 60_000_000_000n;
const DAY_NS = 1_440n * MINUTE_NS;
const UNITS: Readonly<Record<string, number>> = {
  b: 512,
  c: 1,
  w: 2,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

/** `n`, `+n` or `-n` of bytes in units, each begun one counting: what a size has to be. */
export function parseSize(text: string): (size: number) => boolean {
  const [, sign = "", digits = "", unit = ""] = /^([+-]?)(\d+)([bcwkMG]?)$/.exec(text) ?? [];
  if (digits === "")
    throw wrong("-size", text, "a number with + or - before and one of bcwkMG behind");
  const count = Number(digits);
  const bytes = UNITS[unit] ?? 512;
  return (size) => compare(sign, Math.ceil(size / bytes), count);
}

/** `n`, `+n` or `-n` of whole days before `now`, in nanoseconds: what an age has to be. */
export function parseDays(text: string, now: bigint): (mtime: bigint) => boolean {
  const [, sign = "", digits = ""] = /^([+-]?)(\d+)$/.exec(text) ?? [];
  if (digits === "") throw wrong("-mtime", text, "a whole number of days, with + or - before");
  const days = Number(digits);
  return (mtime) => {
    const age = now - mtime;
    // What is of the future is younger than any day.
    return compare(sign, age < 0n ? -1 : Number(age / DAY_NS), days);
  };
}

/**
 * `n`, `+n` or `-n` of minutes before `now`, in nanoseconds. Unlike days these are not counted
 * whole: `+n` is older than that, `-n` younger, and `n` within the minute that ends there.
 */
export function parseMinutes(text: string, now: bigint): (mtime: bigint) => boolean {
  const [, sign = "", digits = ""] = /^([+-]?)(\d{1,12})$/.exec(text) ?? [];
  if (digits === "") throw wrong("-mmin", text, "a whole number of minutes, with + or - before");
  const moment = now - BigInt(digits) * MINUTE_NS;
  if (sign === "+") return (mtime) => mtime < moment;
  if (sign === "-") return (mtime) => mtime > moment;
  return (mtime) => mtime >= moment && mtime < moment + MINUTE_NS;
}

/** `n`, `+n` or `-n`: what a count has to be. */
export function parseCount(option: string, text: string): (count: number) => boolean {
  const [, sign = "", digits = ""] = /^([+-]?)(\d{1,15})$/.exec(text) ?? [];
  if (digits === "") throw wrong(option, text, "a whole number, with + or - before");
  return (count) => compare(sign, count, Number(digits));
}

/** The number of a user or a group: views know no names of these. */
export function parseOwner(option: string, text: string): (id: number) => boolean {
  if (/^\d{1,10}$/.test(text)) return (id) => id === Number(text);
  const list = option === "-user" ? "passwd" : "group";
  throw wrong(
    option,
    text,
    `a number, since a view knows no names: getent ${list} ${text} tells it`,
  );
}

/** An octal mode that has to be the mode; all of it with `-`, any of it with `/` before. */
export function parsePermissions(text: string): (mode: number) => boolean {
  const [, sign = "", digits = ""] = /^([-/]?)([0-7]{1,4})$/.exec(text) ?? [];
  if (digits === "") throw wrong("-perm", text, "an octal mode such as 644, -022 or /222");
  const wanted = Number.parseInt(digits, 8);
  if (sign === "-") return (mode) => (mode & wanted) === wanted;
  // As GNU find has it: of no bits, every file has one.
  if (sign === "/") return (mode) => wanted === 0 || (mode & wanted) !== 0;
  return (mode) => (mode & PERMISSIONS) === wanted;
}

/** The bits that a mode has beside its type. */
const PERMISSIONS = 0o7777;

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?$/;

/** The nanoseconds of `@SECONDS` or of a day, with its time if that is given; local time by default. */
export function parseMoment(text: string): bigint {
  const [, stamp, fraction = ""] = /^@(-?\d{1,15})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (stamp !== undefined) {
    const seconds = BigInt(stamp) * 1_000_000_000n;
    const rest = BigInt(fraction.padEnd(9, "0"));
    return stamp.startsWith("-") ? seconds - rest : seconds + rest;
  }
  const [, day, time = "00:00", seconds = ":00", decimals = "", zone = ""] =
    MOMENT.exec(text) ?? [];
  const iso = `${day ?? ""}T${time}${seconds}${zone.replace(/(\d\d)(\d\d)$/, "$1:$2")}`;
  // eslint-disable-next-line no-restricted-globals -- reads what was written, and no clock
  const ms = Date.parse(iso);
  if (day === undefined || Number.isNaN(ms)) {
    throw wrong(
      "-newermt",
      text,
      "a moment such as 2026-01-31, 2026-01-31T12:00:00Z or @1700000000",
    );
  }
  return BigInt(ms) * 1_000_000n + BigInt(decimals.padEnd(9, "0"));
}

/** A depth of `-maxdepth` and `-mindepth`. */
export function parseDepth(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(option, text, "a whole number from 0 on");
}

/** Letters of `-type`, separated by commas. */
export function parseTypes(text: string): readonly string[] {
  if (/^[bcdfpls](?:,[bcdfpls])*$/.test(text)) return text.split(",");
  throw wrong("-type", text, "letters out of bcdfpls, separated by commas");
}

function compare(sign: string, value: number, wanted: number): boolean {
  if (sign === "+") return value > wanted;
  return sign === "-" ? value < wanted : value === wanted;
}

function wrong(option: string, text: string, means: string): FustorError {
  return new FustorError("USAGE", `${option} is "${text}". Give ${means}.`);
}
