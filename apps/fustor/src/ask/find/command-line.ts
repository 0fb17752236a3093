/** What begins an expression: a word with one dash, as in `-name`, a negation, or a bracket. */
const EXPRESSION = /^(?:-[a-z].|[!()]$)/;

/**
 * Puts `--` before the expression of a `find`, so that the parser of the command line takes none of
 * it for options.
 */
export function withExpression(args: readonly string[]): readonly string[] {
  const begin = args.findIndex((arg) => EXPRESSION.test(arg));
  if (args[0] !== "find" || begin < 0 || args.slice(0, begin).includes("--")) return args;
  return [...args.slice(0, begin), "--", ...args.slice(begin)];
}
