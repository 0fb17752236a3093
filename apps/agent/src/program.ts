import { runProgram } from "@fustor/core/cli";
import { Command, Option } from "commander";
import type { Launcher, PlaceOptions } from "./places.js";
import { readVersion } from "./version.js";

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
  return runProgram(async () => {
    let exitCode = 0;
    const program = buildProgram(launcher, (code) => (exitCode = code));
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  });
}

function ownLauncher(): Launcher {
  return { entry: process.argv[1] ?? "", args: [] };
}

function buildProgram(launcher: Launcher, exit: (code: number) => void): Command {
  const program = new Command("fustor-agent")
    .description("Watches data sources and reports what is there to a Fusion.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(fustor-agent --help lists the commands)")
    .exitOverride();

  withPlaces(program.command("start").description("start the agent"))
    .option("-D, --daemon", "run in the background; returns when it is ready")
    .addOption(new Option("--follow-parent").hideHelp())
    .action(async (options: Given & { daemon?: true; followParent?: true }) => {
      const { start } = await import("./commands/start.js");
      exit(await start({ ...options, launcher }));
    });

  withHome(program.command("stop").description("stop the agent that runs in this home")).action(
    async (options: Given) => {
      const { stop } = await import("./commands/stop.js");
      exit(await stop({ ...options, launcher }));
    },
  );

  withHome(program.command("status").description("show what the running agent does"))
    .option("--json", "print everything as JSON")
    .action(async (options: Given & { json?: true }) => {
      const { status } = await import("./commands/status.js");
      exit(await status({ ...options, launcher }));
    });

  const config = program.command("config").description("check or show the configuration");
  withPlaces(
    config
      .command("check")
      .description("find every fault, also of folders, limits, receivers and keys"),
  )
    .option("--json", "print the findings as JSON")
    .action(async (options: Given & { json?: true }) => {
      const { configCheck } = await import("./commands/config-check.js");
      exit(await configCheck({ ...options, launcher }));
    });
  withPlaces(
    config.command("show").description("print the configuration with all defaults, secrets hidden"),
  ).action(async (options: Given) => {
    const { configShow } = await import("./commands/config-show.js");
    exit(await configShow({ ...options, launcher }));
  });

  const drivers = program.command("drivers").description("look at the installed drivers");
  withPlaces(drivers.command("list").description("list the drivers that can be found from here"))
    .option("--json", "print them as JSON")
    .action(async (options: Given & { json?: true }) => {
      const { driversList } = await import("./commands/drivers-list.js");
      exit(await driversList({ ...options, launcher }));
    });

  return program;
}

/** What the parser reads for every command. */
type Given = Omit<PlaceOptions, "launcher">;

function withHome(command: Command): Command {
  return command.option("--home <dir>", "instead of $FUSTOR_HOME");
}

function withPlaces(command: Command): Command {
  return withHome(command).option("--config <file>", "instead of agent-config.yaml in the home");
}
