import type { EntryField } from "@fustor/client";
import type { Output } from "../output.js";
import type { Draft } from "./draft.js";
import { mtimeOf, nameOf, type Found } from "./found.js";
import { compilePattern, literalOf } from "./pattern.js";
import { parseFormat } from "./printf.js";
import { parseDays, parseDepth, parseMoment, parseSize, parseTypes } from "./values.js";

/** Adds what a word means; `take` gives its value, and throws where there is none. */
type Word = (draft: Draft, take: () => string) => void;

/** The words of GNU find that are known here, and `--json`. */
export const WORDS: Readonly<Record<string, Word>> = {
  "-a": () => undefined,
  "-and": () => undefined,
  "-name": (draft, take) => {
    testName(draft, take(), false);
  },
  "-iname": (draft, take) => {
    testName(draft, take(), true);
  },
  "-path": (draft, take) => {
    const fits = compilePattern(take());
    draft.test(({ shown }) => fits(shown));
  },
  "-type": (draft, take) => {
    const letters = parseTypes(take());
    draft.spareByType(letters);
    draft.test(({ entry }) => letters.includes(entry.type ?? ""));
  },
  "-size": (draft, take) => {
    const fits = parseSize(take());
    draft.test(({ entry }) => typeof entry.size === "number" && fits(entry.size), "size");
  },
  "-mtime": (draft, take) => {
    testTime(draft, parseDays(take(), draft.now));
  },
  "-newermt": (draft, take) => {
    const moment = parseMoment(take());
    testTime(draft, (mtime) => mtime > moment);
  },
  "-empty": (draft) => {
    draft.asksEmpty = true;
    draft.test(({ isEmpty }) => isEmpty, "size");
  },
  "-maxdepth": (draft, take) => {
    draft.maxDepth = parseDepth("-maxdepth", take());
  },
  "-mindepth": (draft, take) => {
    draft.minDepth = parseDepth("-mindepth", take());
  },
  "-print": (draft) => {
    printName(draft, false);
  },
  "-print0": (draft) => {
    printName(draft, true);
  },
  "-0": (draft) => {
    printName(draft, true);
  },
  "-printf": (draft, take) => {
    const format = parseFormat(take());
    draft.print(
      (found, out) => {
        out.add(format.text(found, out));
      },
      ...format.fields,
    );
  },
  "--json": (draft) => {
    draft.print(printEntry, ...JSON_FIELDS);
  },
};

/** Prints names, each at the end of a line or before a NUL. */
export function printName(draft: Draft, nul: boolean): void {
  draft.print(({ shown }, out) => {
    out.addName(shown, { nul });
  });
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

function testName(draft: Draft, pattern: string, ignoreCase: boolean): void {
  const fits = compilePattern(pattern, { ignoreCase });
  draft.spareByName(literalOf(pattern));
  draft.test((found) => fits(nameOf(found)));
}

/** What is not known fits no time. */
function testTime(draft: Draft, fits: (mtime: bigint) => boolean): void {
  draft.test((found) => {
    const mtime = mtimeOf(found);
    return mtime !== undefined && fits(mtime);
  }, "mtime_ns");
}
