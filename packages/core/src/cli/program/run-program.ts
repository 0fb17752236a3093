import type { Reword } from "./program.js";

/** What a command line is handed to, with its own exits overridden. */
export interface Parser {
  parseAsync(args: readonly string[], options: { readonly from: "user" }): Promise<unknown>;
}

/**
 * Runs the command line `args` to its end and says with which exit code the process should end.
 *
 * `build` makes the parser; its commands say by `exit` how they ended. What it throws about the
 * command line it has already printed; every other error is printed here, as one sentence in the
 * words of `reword`.
 */
export async function runProgram(
  args: readonly string[],
  build: (exit: (code: number) => void) => Parser,
  reword: Reword = (text) => text,
): Promise<number> {
  process.stdout.on("error", endOfReader);
  process.stderr.on("error", endOfReader);
  let exitCode = 0;
  try {
    await build((code) => (exitCode = code)).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (isParserExit(error)) return error.exitCode === 0 ? 0 : 2;
    // Loaded only now: most command lines have nothing to say about errors.
    const { exitCodeOf, printError } = await import("../../host/index.js");
    printError(error, { write: (text) => process.stderr.write(reword(text)) });
    return exitCodeOf(error);
  }
}

/** Whoever reads our output may leave early, as in `status | head`: that is no fault. */
function endOfReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

interface ParserExit {
  readonly code: string;
  readonly exitCode: number;
}

function isParserExit(error: unknown): error is ParserExit & Error {
  return (
    error instanceof Error &&
    "exitCode" in error &&
    typeof error.exitCode === "number" &&
    "code" in error &&
    String(error.code).startsWith("commander.")
  );
}
