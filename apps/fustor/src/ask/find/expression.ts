import type { EntryField } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { Draft, type Step } from "./draft.js";
import { printName, WORDS } from "./tests.js";

/** What `find` was asked. */
export interface Expression {
  readonly steps: readonly Step[];
  readonly minDepth: number;
  readonly maxDepth: number;
  /** Somebody asks whether directories are empty: all below them has to be seen. */
  readonly asksEmpty: boolean;
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
  const draft = new Draft(now);
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "!" || word === "-not") {
      draft.isNot = !draft.isNot;
      continue;
    }
    const option = word;
    const read = WORDS[option];
    if (read === undefined) throw unknown(option);
    read(draft, () => {
      const value = rest.shift();
      if (value === undefined) throw new FustorError("USAGE", `${option} needs a value.`);
      return value;
    });
    draft.isNot = false;
  }
  if (draft.isNot) throw new FustorError("USAGE", "! needs a test behind it.");
  if (!draft.prints) {
    if (json) WORDS["--json"]?.(draft, () => "");
    else printName(draft, nul);
  }
  return draft;
}

function unknown(word: string): FustorError {
  const known = Object.keys(WORDS).filter((each) => each.length > 2 && !each.startsWith("--"));
  return new FustorError(
    "USAGE",
    `find does not know "${word}". It knows ${known.join(" ")} !; options stand before the paths.`,
  );
}
