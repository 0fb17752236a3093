import type { EntryField } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { and, createContext, not, or, TRUE, type Context, type Step, type Term } from "./term.js";
import { printName, WORDS } from "./tests.js";

/** What `find` was asked. */
export interface Expression {
  readonly run: Step;
  readonly minDepth: number;
  readonly maxDepth: number;
  /** Somebody asks whether directories are empty: all below them has to be seen. */
  readonly asksEmpty: boolean;
  /** Somebody keeps out of directories: they have to come before what is in them. */
  readonly prunes: boolean;
  readonly fields: ReadonlySet<EntryField>;
  /** What is below the start and not printed in vain has a name with this text, without case. */
  readonly name: string;
  /** It is also one of these, if any are named. */
  readonly types: readonly string[] | undefined;
}

/** How names are printed where the expression does not say it. */
export interface PrintOptions {
  readonly json?: boolean;
  readonly nul?: boolean;
}

/** Reads an expression as GNU find does. `now` is in nanoseconds. Throws `USAGE`. */
export function parseExpression(
  words: readonly string[],
  { now, json = false, nul = false }: PrintOptions & { readonly now: bigint },
): Expression {
  const context = createContext(now);
  let term = new Parser(words, context).readWhole();
  if (!context.prints) {
    const print = json ? WORDS["--json"]?.(context, () => "") : printName(context, nul);
    term = and(term, print ?? TRUE);
  }
  const { name = "", types } = term.acts ?? {};
  return { ...context, run: term.run, name, types };
}

/** Brackets may stand in one another so deep. */
const BRACKETS_MAX = 100;

/** `!` binds closer than two tests side by side, and these closer than `-o`. */
class Parser {
  readonly #rest: string[];
  readonly #context: Context;
  #brackets = 0;

  constructor(words: readonly string[], context: Context) {
    this.#rest = [...words];
    this.#context = context;
  }

  readWhole(): Term {
    if (this.#rest.length === 0) return TRUE;
    const term = this.#readAny();
    if (this.#rest.length > 0) throw wrong(`")" stands without its "("`);
    return term;
  }

  #readAny(): Term {
    let term = this.#readAll();
    while (this.#take("-o", "-or")) term = or(term, this.#readAll());
    return term;
  }

  #readAll(): Term {
    let term = this.#readOne();
    for (;;) {
      const joins = this.#take("-a", "-and");
      const next = this.#rest[0];
      if (!joins && (next === undefined || next === "-o" || next === "-or" || next === ")")) {
        return term;
      }
      term = and(term, this.#readOne());
    }
  }

  #readOne(): Term {
    // In a loop: as many as a command line holds may stand side by side.
    let isNot = false;
    while (this.#take("!", "-not")) isNot = !isNot;
    const term = this.#take("(") ? this.#readBracket() : this.#readWord();
    return isNot ? not(term) : term;
  }

  #readBracket(): Term {
    this.#brackets += 1;
    if (this.#brackets > BRACKETS_MAX) {
      throw wrong(`more than ${String(BRACKETS_MAX)} "(" stand in one another`);
    }
    const term = this.#readAny();
    if (!this.#take(")")) throw wrong(`"(" stands without its ")"`);
    this.#brackets -= 1;
    return term;
  }

  #readWord(): Term {
    const word = this.#rest[0];
    if (word === undefined) throw wrong("a test is missing at its end");
    if (["-o", "-or", "-a", "-and", ")"].includes(word)) {
      throw wrong(`a test is missing before "${word}"`);
    }
    this.#rest.shift();
    const read = WORDS[word];
    if (read === undefined) throw unknown(word);
    return read(this.#context, () => {
      const value = this.#rest.shift();
      if (value === undefined) throw new FustorError("USAGE", `${word} needs a value.`);
      return value;
    });
  }

  #take(...words: readonly string[]): boolean {
    const isNext = words.includes(this.#rest[0] ?? "");
    if (isNext) this.#rest.shift();
    return isNext;
  }
}

function wrong(what: string): FustorError {
  return new FustorError("USAGE", `The expression of find is not whole: ${what}.`);
}

function unknown(word: string): FustorError {
  const known = Object.keys(WORDS).filter((each) => each.length > 2 && !each.startsWith("--"));
  return new FustorError(
    "USAGE",
    `find does not know "${word}". It knows ${known.join(" ")} ( ) ! -a -o; ` +
      "options stand before the paths.",
  );
}
