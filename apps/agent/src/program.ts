import {
  addCommonCommands,
  createProgram,
  ownLauncher,
  runProgram,
  type Command,
  type ProgramContext,
} from "@fustor/core/program";
import { VERSION } from "./version.js";

const EXAMPLES = `
Examples:
  fustor-agent config check            find every fault of the configuration and its surroundings
  fustor-agent start                   run in this terminal until Ctrl-C
  fustor-agent start -D                run in the background
  fustor-agent status                  what each pipe does, and why not
  fustor-agent stop

The configuration is $FUSTOR_HOME/agent-config.yaml; FUSTOR_HOME is ~/.fustor unless it is set.
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not running, 78 wrong configuration.`;

/**
 * Runs the command line `args` and says with which exit code to end. Commands are loaded on use.
 *
 * Another program that has this one as a part says in `launcher` how it is called.
 */
export function main(args: readonly string[], launcher = ownLauncher()): Promise<number> {
  return runProgram(args, (exit) => buildProgram({ launcher, exit }));
}

/** The program with all its commands. */
export function buildProgram(context: ProgramContext): Command {
  const program = createProgram({
    name: "fustor-agent",
    description: "Watches data sources and reports what is there to a Fusion.",
    version: VERSION,
    examples: EXAMPLES,
  });
  const { configCheck } = addCommonCommands(program, context, {
    app: "agent",
    check: "find every fault, also of folders, limits, receivers and keys",
    drivers: { selfUrl: import.meta.url },
    start: async (options) => (await import("./commands/start.js")).start(options),
    status: async (options) => (await import("./commands/status.js")).status(options),
    configCheck: async (options) =>
      (await import("./commands/config-check.js")).configCheck(options),
    configShow: async (options) => (await import("./commands/config-show.js")).configShow(options),
  });
  configCheck.option("--json", "print the findings as JSON");
  return program;
}
