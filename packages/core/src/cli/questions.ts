import { createInterface } from "node:readline/promises";
import { FustorError } from "../errors.js";

/** Something that `init` has to know. */
export interface Question {
  /** The option that answers it. */
  readonly option: string;
  readonly text: string;
  /** Taken for an empty answer; must be answered when it is absent. */
  readonly otherwise?: string;
  /** What is wrong with an answer, in a sentence; undefined when it is right. */
  readonly fault?: (answer: string) => string | undefined;
}

/**
 * The answers, in the order of the questions: what `given` says is not asked. With `yes` nobody is
 * asked, and what is not given is as it would be otherwise.
 *
 * Throws `USAGE` for an answer of the command line that is wrong, and where nobody can be asked.
 */
export async function askQuestions(
  questions: readonly Question[],
  given: Readonly<Record<string, string | undefined>>,
  { yes = false }: { readonly yes?: boolean },
): Promise<string[]> {
  const open = questions.filter(({ option }) => given[option] === undefined);
  if (!yes && open.length > 0 && !process.stdin.isTTY) {
    const options = open.map(({ option }) => `--${option}`).join(" ");
    throw new FustorError(
      "USAGE",
      `Nobody can be asked here, since this is no terminal. Say ${options}, or --yes for what is usual.`,
    );
  }
  const asker = open.length > 0 && !yes ? openAsker() : undefined;
  try {
    const answers: string[] = [];
    for (const question of questions) {
      const answer = given[question.option];
      if (answer !== undefined || asker === undefined) {
        answers.push(requireAnswer(question, answer));
      } else answers.push(await asker.ask(question));
    }
    return answers;
  } finally {
    asker?.close();
  }
}

function requireAnswer({ option, otherwise, fault }: Question, given: string | undefined): string {
  const answer = given ?? otherwise;
  if (answer === undefined)
    throw new FustorError("USAGE", `--${option} must be given: nothing is usual for it.`);
  const wrong = fault?.(answer);
  if (wrong === undefined) return answer;
  throw new FustorError("USAGE", `--${option} is ${JSON.stringify(answer)}: ${wrong}.`);
}

function openAsker() {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<never>((_, reject) => {
    lines.once("close", () => {
      reject(new FustorError("USAGE", "Not all was answered. Nothing was written."));
    });
  });
  // Whoever asks looks at it; nobody does after the last answer.
  closed.catch(() => undefined);
  return {
    ask: async ({ text, otherwise, fault }: Question): Promise<string> => {
      for (;;) {
        const hint = otherwise === undefined || otherwise === "" ? "" : `[${otherwise}] `;
        const line = (await Promise.race([lines.question(`${text} ${hint}`), closed])).trim();
        const answer = line === "" ? otherwise : line;
        const wrong = answer === undefined ? "this has to be answered" : fault?.(answer);
        if (answer !== undefined && wrong === undefined) return answer;
        process.stderr.write(`  Not so: ${wrong ?? ""}.\n`);
      }
    },
    close: () => {
      lines.close();
    },
  };
}
