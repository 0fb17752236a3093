import {
  addCommand,
  addCommonCommands,
  createProgram,
  ownLauncher,
  rewordFor,
  runProgram,
  type Command,
  type ProgramContext,
} from "@fustor/core/program";
import { VERSION } from "./version.js";

const EXAMPLES = `
Examples:
  fustor-agent init                    write a first configuration
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
  return runProgram(args, (exit) => buildProgram({ launcher, exit }), rewordFor(launcher));
}

/** The program with all its commands. */
export function buildProgram(context: ProgramContext): Command {
  const program = createProgram({
    name: "fustor-agent",
    description: "Watches data sources and reports what is there to a Fusion.",
    version: VERSION,
    examples: EXAMPLES,
    reword: rewordFor(context.launcher),
  });
  const { configCheck, init } = addCommonCommands(program, context, {
    app: "agent",
    check: "find every fault, also of folders, limits, receivers and keys",
    drivers: { selfUrl: import.meta.url },
    start: async (options) => (await import("./commands/start.js")).start(options),
    status: async (options) => (await import("./commands/status.js")).status(options),
    configCheck: async (options) =>
      (await import("./commands/config-check.js")).configCheck(options),
    configShow: async (options) => (await import("./commands/config-show.js")).configShow(options),
    init: async (options) => (await import("./commands/init.js")).init(options),
    doctor: async (options) => (await import("./commands/doctor.js")).doctor(options),
    supportBundle: async (file, options) =>
      (await import("./commands/support-bundle.js")).supportBundle(file, options),
    configExample: async () => (await import("./commands/config-example.js")).configExample(),
  });
  configCheck.option("--json", "print the findings as JSON");
  init
    .option("--folder <dir>", "the folder to watch")
    .option("--endpoint <url>", "where Fusion answers")
    .option("--credential <key>", "a key, ${NAME} of the environment, or file:/path")
    .option("--agent-id <id>", "the name of this agent");
  addControlCommands(program, context);
  return program;
}

/** What is told to an agent that runs. */
function addControlCommands(program: Command, context: ProgramContext): void {
  const reloadWords = "use the changed configuration; pipes that are the same run on";
  addCommand(program, context, "reload", reloadWords, async (options) => {
    return (await import("./commands/control.js")).reload(options);
  });
  const pipe = program.command("pipe").description("start, stop or rescan one pipe");
  for (const [verb, description] of Object.entries(PIPE_VERBS)) {
    addCommand(pipe, context, verb, description, async (options, id = "") => {
      const { controlPipe } = await import("./commands/control.js");
      return controlPipe(verb as keyof typeof PIPE_VERBS, id, options);
    }).argument("<id>", "the pipe's id in the configuration");
  }
}

const PIPE_VERBS = {
  start: "let a pipe run that was stopped",
  stop: "stop a pipe; the agent runs on",
  rescan: "let a pipe begin anew and look at everything again",
} as const;
