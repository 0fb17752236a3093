import { RE2JS, RE2JSException } from "re2js";
import { Problem } from "../problem.js";

/** True for a text that a pattern fits. */
export type Fits = (text: string) => boolean;

/**
 * Finds an expression of RE2 anywhere in a text, in time that grows with the text's length and with
 * nothing else: the engine never goes back. Expressions of JavaScript can take for ever, and so can
 * those that glob libraries make of globs. Answers 400 for what is none.
 */
export function createRegexMatcher(regex: string): Fits {
  requireSome("regex", regex);
  return compile("regex", regex, regex);
}

/** A text with this in it, without case. */
export function createNameMatcher(name: string): Fits {
  const wanted = name.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}

/** Fits a whole text to a glob. Answers 400 for what is none. */
export function createGlobMatcher(glob: string): Fits {
  requireSome("glob", glob);
  requireClosed(glob);
  return compile("glob", glob, `^(?:${toExpression(glob)})$`);
}

/** Nobody means all there is by a pattern with nothing in it: most often a variable was not set. */
function requireSome(parameter: string, text: string): void {
  if (text !== "") return;
  throw new Problem("BAD_REQUEST", `The parameter ${parameter} is empty.`, {
    hint: "Name a pattern, or leave it out to ask for all there is.",
  });
}

/** What is opened and not closed would stand for itself, and fit nothing that anybody meant. */
function requireClosed(glob: string): void {
  const bare = glob.replaceAll(/\\./gsu, "").replaceAll(/\[[!^]?\]?[^\]/]*\]/g, "");
  let depth = 0;
  for (const character of bare) {
    if (character === "{") depth += 1;
    else if (character === "}" && depth > 0) depth -= 1;
  }
  const open = bare.includes("[") ? "[" : depth > 0 ? "{" : undefined;
  if (open === undefined) return;
  const shown = JSON.stringify(glob.toWellFormed());
  throw new Problem("BAD_REQUEST", `The parameter glob is ${shown}: "${open}" is not closed.`, {
    hint: `Close it, or write \\${open} for the character itself.`,
  });
}

function compile(parameter: string, text: string, expression: string): Fits {
  try {
    // Names may hold line feeds: a dot stands for them, too.
    const pattern = RE2JS.compile(expression, RE2JS.DOTALL);
    return (candidate) => pattern.test(candidate);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const shown = JSON.stringify(text.toWellFormed());
    const reason = error.message.replace(/^error parsing regexp: /, "");
    throw new Problem("BAD_REQUEST", `The parameter ${parameter} is ${shown}: ${reason}.`, {
      hint: "The syntax is that of RE2: no look-around, no back references.",
    });
  }
}

/**
 * A glob as an expression: `*` and `?` stay within a name, `**` goes over names, and as a whole part of a
 * path it may stand for none.
 */
function toExpression(glob: string): string {
  let expression = "";
  let braces = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const rest = glob.slice(at);
    const [several] = /^\*\*+\/?/.exec(rest) ?? [];
    const [whole, not, set] = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(rest) ?? [];
    const character = glob.charAt(at);
    if (several !== undefined) {
      const isPart = (at === 0 || glob[at - 1] === "/") && several.endsWith("/");
      expression += isPart ? "(?:.*/)?" : several.endsWith("/") ? ".*/" : ".*";
      at += several.length - 1;
    } else if (character === "*") {
      expression += "[^/]*";
    } else if (character === "?") {
      expression += "[^/]";
    } else if (whole !== undefined && set !== undefined) {
      expression += `[${not === "" ? "" : "^/"}${set.replaceAll(/[\\[\]^]/g, "\\$&")}]`;
      at += whole.length - 1;
    } else if (character === "{" && rest.includes("}")) {
      braces += 1;
      expression += "(?:";
    } else if (character === "}" && braces > 0) {
      braces -= 1;
      expression += ")";
    } else if (character === "," && braces > 0) {
      expression += "|";
    } else if (character === "\\" && at + 1 < glob.length) {
      at += 1;
      expression += RE2JS.quote(glob.charAt(at));
    } else {
      expression += RE2JS.quote(character);
    }
  }
  return expression + ")".repeat(braces);
}
