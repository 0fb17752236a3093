import { runProgram } from "@fustor/core/cli";
import { Command, Option } from "commander";
import type { Launcher, PlaceOptions } from "./places.js";
import { readVersion } from "./version.js";

const EXAMPLES = `
Examples:
  fustor-fusion start                                          run in this terminal until Ctrl-C
  fustor-fusion start -D                                       run in the background
  fustor-fusion keys create --scope ingest:default             a key for an agent
  fustor-fusion keys create --scope query:default --name cron  a key for questions
  fustor-fusion status
  fustor-fusion stop

Without $FUSTOR_HOME/fusion-config.yaml there is one view and one pipe, both named default;
FUSTOR_HOME is ~/.fustor unless it is set.
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
  const program = new Command("fustor-fusion")
    .description("Keeps one current picture of what many agents report, and answers questions.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(fustor-fusion --help lists the commands)")
    .exitOverride();

  withPlaces(program.command("start").description("start Fusion"))
    .option("-D, --daemon", "run in the background; returns when it is ready")
    .option("--host <address>", "address to listen on, instead of listen.host")
    .option("--port <port>", "port to listen on, instead of listen.port; 0 takes a free one")
    .addOption(new Option("--follow-parent").hideHelp())
    .action(async (options: StartOptions) => {
      const { start } = await import("./commands/start.js");
      exit(await start({ ...options, launcher }));
    });

  withHome(program.command("stop").description("stop the Fusion that runs in this home")).action(
    async (options: Given) => {
      const { stop } = await import("./commands/stop.js");
      exit(await stop({ ...options, launcher }));
    },
  );

  withHome(program.command("status").description("show how the running Fusion is"))
    .option("--key <key>", "an API key, for the counts of the views (or FUSTOR_KEY)")
    .option("--json", "print everything as JSON")
    .action(async (options: Given & { key?: string; json?: true }) => {
      const { status } = await import("./commands/status.js");
      exit(await status({ ...options, launcher }));
    });

  const config = program.command("config").description("check the configuration");
  withPlaces(config.command("check").description("find every fault of the configuration")).action(
    async (options: Given) => {
      const { configCheck } = await import("./commands/config-check.js");
      exit(await configCheck({ ...options, launcher }));
    },
  );

  addKeyCommands(
    program.command("keys").description("make, list and revoke API keys"),
    launcher,
    exit,
  );
  return program;
}

function addKeyCommands(keys: Command, launcher: Launcher, exit: (code: number) => void): void {
  withHome(keys.command("create").description("make a key and print it; it is shown only once"))
    .requiredOption("--scope <scope...>", "ingest:PIPE, query:VIEW or admin; may stand repeatedly")
    .option("--name <name>", "what the key is for")
    .option("--json", "print it as JSON")
    .action(async (options: Given & { scope: string[]; name?: string; json?: true }) => {
      const { createKey } = await import("./commands/keys.js");
      exit(await createKey({ ...options, launcher }));
    });

  withHome(keys.command("list").description("list the keys"))
    .option("--json", "print them as JSON")
    .action(async (options: Given & { json?: true }) => {
      const { listKeys } = await import("./commands/keys.js");
      exit(await listKeys({ ...options, launcher }));
    });

  withHome(keys.command("revoke").description("make a key useless within seconds"))
    .argument("<id>", "the id that keys list shows")
    .action(async (id: string, options: Given) => {
      const { revokeKey } = await import("./commands/keys.js");
      exit(await revokeKey(id, { ...options, launcher }));
    });
}

type StartOptions = Given & {
  daemon?: true;
  host?: string;
  port?: string;
  followParent?: true;
};

/** What the parser reads for every command. */
type Given = Omit<PlaceOptions, "launcher">;

function withHome(command: Command): Command {
  return command.option("--home <dir>", "instead of $FUSTOR_HOME");
}

function withPlaces(command: Command): Command {
  return withHome(command).option("--config <file>", "instead of fusion-config.yaml in the home");
}
