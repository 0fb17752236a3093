import { asPartOfFustor, createProgram, runProgram, type Command } from "@fustor/core/program";
import { realpathSync } from "node:fs";
import { addAskCommands } from "./ask/commands.js";
import { withExpression } from "./ask/find/command-line.js";
import { VERSION } from "./version.js";

const EXAMPLES = `
Examples:
  fustor up /data                        Fusion and an agent on /data, until Ctrl-C
  FUSTOR_FUSION_PORT=0 fustor up .       on a free port
  fustor find /projects -name '*.raw'    asks the pair of this home
  fustor du -h -d 2 /projects            what takes up the space
  fustor agent status                    as fustor-agent status
  fustor fusion keys list                as fustor-fusion keys list

State is kept in $FUSTOR_HOME, ~/.fustor unless it is set.
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not running, 78 wrong configuration.`;

/** Runs the command line and says with which exit code to end. Commands are loaded on use. */
export function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  // The parts read their own options, also --help.
  if (first === "agent" || first === "fusion") return runPart(first, rest);
  return runProgram(withExpression(args), buildProgram, asPartOfFustor);
}

/** The script that this process runs, with links followed: our own drivers are installed there. */
function ownEntry(): string {
  return realpathSync(process.argv[1] ?? "");
}

async function runPart(part: "agent" | "fusion", args: readonly string[]): Promise<number> {
  const launcher = { entry: ownEntry(), args: [part] };
  const { main: runMain } =
    part === "agent"
      ? await import("@fustor/agent/program")
      : await import("@fustor/fusion/program");
  return runMain(args, launcher);
}

/** The program with all its commands. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = createProgram({
    name: "fustor",
    description: "Keeps one current picture of storage that many machines write to.",
    version: VERSION,
    examples: EXAMPLES,
    reword: (text) => text,
  });
  program
    .command("up")
    .description("run Fusion and an agent that watches DIR, until Ctrl-C")
    .argument("<dir>", "the folder to watch")
    .option("--home <dir>", "instead of $FUSTOR_HOME")
    .action(async (dir: string, options: { home?: string }) => {
      const { up } = await import("./up/up.js");
      exit(await up({ dir, entry: ownEntry(), env: process.env, ...options }));
    });

  addAskCommands(program, exit);

  program
    .command("completion")
    .description("print what makes a shell complete these commands")
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell: string) => {
      const { completion } = await import("./completion.js");
      await completion(program, shell);
      exit(0);
    });

  // For the help only: `main` hands these over before anything is parsed.
  program.command("agent").description("the commands of fustor-agent").helpOption(false);
  program.command("fusion").description("the commands of fustor-fusion").helpOption(false);
  return program;
}
