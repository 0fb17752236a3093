import type { EntryField } from "@fustor/client";
import type { Output } from "../output.js";
import { mtimeOf, nameOf, type Found } from "./found.js";
import { compilePattern, literalOf } from "./pattern.js";
import { parseFormat } from "./printf.js";
import { action, test, TRUE, type Context, type Term } from "./term.js";
import {
  parseCount,
  parseDays,
  parseDepth,
  parseMinutes,
  parseMoment,
  parseOwner,
  parsePermissions,
  parseSize,
  parseTypes,
} from "./values.js";

/** What a word means; `take` gives its value, and throws where there is none. */
type Word = (context: Context, take: () => string) => Term;

/** The words of GNU find that are known here, and `--json`. */
export const WORDS: Readonly<Record<string, Word>> = {
  "-name": (_, take) => testName(take(), false),
  "-iname": (_, take) => testName(take(), true),
  "-path": (_, take) => testPath(take(), false),
  "-wholename": (_, take) => testPath(take(), false),
  "-ipath": (_, take) => testPath(take(), true),
  "-type": (_, take) => {
    const types = parseTypes(take());
    return test(({ entry }) => types.includes(entry.type ?? ""), { types });
  },
  "-size": (context, take) => testNumber(context, "size", parseSize(take())),
  "-links": (context, take) => testNumber(context, "nlink", parseCount("-links", take())),
  "-perm": (context, take) => testNumber(context, "mode", parsePermissions(take())),
  "-user": (context, take) => testNumber(context, "uid", parseOwner("-user", take())),
  "-group": (context, take) => testNumber(context, "gid", parseOwner("-group", take())),
  "-uid": (context, take) => testNumber(context, "uid", parseCount("-uid", take())),
  "-gid": (context, take) => testNumber(context, "gid", parseCount("-gid", take())),
  "-mtime": (context, take) => testTime(context, parseDays(take(), context.now)),
  "-mmin": (context, take) => testTime(context, parseMinutes(take(), context.now)),
  "-newermt": (context, take) => {
    const moment = parseMoment(take());
    return testTime(context, (mtime) => mtime > moment);
  },
  "-empty": (context) => {
    context.asksEmpty = true;
    context.fields.add("size");
    return test(({ isEmpty }) => isEmpty);
  },
  "-true": () => TRUE,
  "-false": () => test(() => false),
  "-maxdepth": (context, take) => {
    context.maxDepth = parseDepth("-maxdepth", take());
    return TRUE;
  },
  "-mindepth": (context, take) => {
    context.minDepth = parseDepth("-mindepth", take());
    return TRUE;
  },
  "-prune": (context) => {
    context.prunes = true;
    return action((found) => {
      found.prune();
    });
  },
  "-print": (context) => printName(context, false),
  "-print0": (context) => printName(context, true),
  "-0": (context) => printName(context, true),
  "-printf": (context, take) => {
    const format = parseFormat(take());
    return print(context, format.fields, (found, out) => {
      out.add(format.text(found, out));
    });
  },
  "--json": (context) => print(context, JSON_FIELDS, printEntry),
};

/** Prints names, each at the end of a line or before a NUL. */
export function printName(context: Context, nul: boolean): Term {
  return print(context, [], ({ shown }, out) => {
    out.addName(shown, { nul });
  });
}

function print(
  context: Context,
  fields: readonly EntryField[],
  run: (found: Found, out: Output) => void,
): Term {
  context.prints = true;
  for (const field of fields) context.fields.add(field);
  return action(run);
}

const JSON_FIELDS: readonly EntryField[] = [
  "path",
  "type",
  "size",
  "blocks",
  "mode",
  "uid",
  "gid",
  "ino",
  "nlink",
  "mtime",
  "mtime_ns",
];

function printEntry({ entry }: Found, out: Output): void {
  out.add(`${JSON.stringify(entry)}\n`);
}

function testName(pattern: string, ignoreCase: boolean): Term {
  const fits = compilePattern(pattern, { ignoreCase });
  return test((found) => fits(nameOf(found)), { name: literalOf(pattern) });
}

function testPath(pattern: string, ignoreCase: boolean): Term {
  const fits = compilePattern(pattern, { ignoreCase });
  return test(({ shown }) => fits(shown));
}

/** What is not known fits nothing. */
function testNumber(
  { fields }: Context,
  field: "size" | "nlink" | "mode" | "uid" | "gid",
  fits: (value: number) => boolean,
): Term {
  fields.add(field);
  return test(({ entry }) => {
    const value = entry[field];
    return typeof value === "number" && fits(value);
  });
}

/** What is not known fits no time. */
function testTime({ fields }: Context, fits: (mtime: bigint) => boolean): Term {
  fields.add("mtime_ns");
  return test((found) => {
    const mtime = mtimeOf(found);
    return mtime !== undefined && fits(mtime);
  });
}
