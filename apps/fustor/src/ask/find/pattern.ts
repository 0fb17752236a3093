/** Takes one character, or any number of them. */
type Token = ((character: string) => boolean) | "any";

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  digit: /[0-9]/,
  lower: /\p{Ll}/u,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /\p{Lu}/u,
  xdigit: /[0-9A-Fa-f]/,
};

/** Says whether the whole of a text matches a pattern of fnmatch: `*`, `?`, `[a-z]`, `\`. */
export function compilePattern(
  pattern: string,
  { ignoreCase = false } = {},
): (text: string) => boolean {
  const fold = (text: string): string[] => Array.from(ignoreCase ? text.toLowerCase() : text);
  const tokens = toTokens(fold(pattern));
  return (text) => matches(tokens, fold(text));
}

/** The longest piece of ASCII text that everything that matches contains. */
export function literalOf(pattern: string): string {
  // A bracket, also one with no end, ends the search: what follows may be within it.
  const [plain = ""] = pattern.split("[");
  const pieces = plain.split(/[^ -~]|[*?\\]/);
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), "");
}

function toTokens(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      tokens.push("any");
    } else if (character === "?") {
      tokens.push(() => true);
    } else if (character === "[") {
      const set = readSet(pattern, at + 1);
      tokens.push(set?.token ?? is("["));
      at = set?.end ?? at;
    } else {
      if (character === "\\" && at + 1 < pattern.length) at += 1;
      tokens.push(is(pattern[at] ?? ""));
    }
  }
  return tokens;
}

function is(wanted: string): (character: string) => boolean {
  return (character) => character === wanted;
}

/** Reads what stands between brackets. Nothing when they are not closed: then `[` is a character. */
function readSet(
  pattern: readonly string[],
  begin: number,
): { readonly token: Token; readonly end: number } | undefined {
  const isNot = pattern[begin] === "!" || pattern[begin] === "^";
  const first = isNot ? begin + 1 : begin;
  const members: ((character: string) => boolean)[] = [];
  for (let at = first; at < pattern.length; at += 1) {
    if (pattern[at] === "]" && at > first) {
      return {
        token: (character) => members.some((member) => member(character)) !== isNot,
        end: at,
      };
    }
    const name = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12).join(""))?.[1];
    const characters = name === undefined ? undefined : CLASSES[name];
    if (name !== undefined && characters !== undefined) {
      members.push((character) => characters.test(character));
      at += name.length + 3;
      continue;
    }
    if (pattern[at] === "\\") at += 1;
    const low = pattern[at] ?? "";
    const isRange = pattern[at + 1] === "-" && (pattern[at + 2] ?? "]") !== "]";
    if (isRange) at += 2;
    const high = pattern[at] ?? "";
    members.push((character) => code(character) >= code(low) && code(character) <= code(high));
  }
  return undefined;
}

function code(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Goes back to the last `any` only, so that no pattern takes longer than its length times the text's. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let retryToken = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted === "any") {
      retryToken = token;
      retryAt = at;
      token += 1;
    } else if (wanted?.(text[at] ?? "") === true) {
      token += 1;
      at += 1;
    } else if (retryToken >= 0) {
      token = retryToken + 1;
      retryAt += 1;
      at = retryAt;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === "any");
}
