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
import type { CreateKeyOptions } from "./commands/keys.js";
import { VERSION } from "./version.js";

const EXAMPLES = `
Examples:
  fustor-fusion start                                          run in this terminal until Ctrl-C
  fustor-fusion start -D                                       run in the background
  fustor-fusion keys create --scope ingest:default             a key for an agent
  fustor-fusion keys create --scope query:default --name cron  a key for questions
  fustor-fusion keys create --scope query:default/a --expires 90d
                                                               one for a part, for a while
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
  return runProgram(args, (exit) => buildProgram({ launcher, exit }), rewordFor(launcher));
}

/** The program with all its commands. */
export function buildProgram(context: ProgramContext): Command {
  const program = createProgram({
    name: "fustor-fusion",
    description: "Keeps one current picture of what many agents report, and answers questions.",
    version: VERSION,
    examples: EXAMPLES,
    reword: rewordFor(context.launcher),
  });
  const { start, status, configCheck, init } = addCommonCommands(program, context, {
    app: "fusion",
    check: "find every fault of the configuration",
    drivers: { selfUrl: import.meta.url, kind: "view" },
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
    .option("--host <address>", "the address to listen on")
    .option("--port <port>", "the port to listen on")
    .option("--view <id>", "the name of the view")
    .option("--pipe <id>", "the name of the pipe that feeds it");
  start
    .option("--host <address>", "address to listen on, instead of listen.host")
    .option("--port <port>", "port to listen on, instead of listen.port; 0 takes a free one");
  status
    .option("--key <key>", "an API key, for the counts of the views (or FUSTOR_KEY)")
    .option("--client-cert <file>", "a certificate to show where listen.tls.client_ca is set")
    .option("--client-key <file>", "its private key");
  addStateCommands(program, context);
  addKeyCommands(program.command("keys").description("make, list and revoke API keys"), context);
  return program;
}

function addStateCommands(program: Command, context: ProgramContext): void {
  const backup = "copy the state into a new folder; Fusion may run meanwhile";
  addCommand(program, context, "backup", backup, async (options, folder = "") => {
    return (await import("./commands/backup.js")).backup(folder, options);
  }).argument("<folder>", "where to; must not be there yet");

  const restore = "put a backup in the place of the state, while Fusion is stopped";
  addCommand(program, context, "restore", restore, async (options, folder = "") => {
    return (await import("./commands/backup.js")).restore(folder, options);
  }).argument("<folder>", "what backup made");
}

function addKeyCommands(keys: Command, context: ProgramContext): void {
  const create = "make a key and print it; it is shown only once";
  addCommand(keys, context, "create", create, async (options) => {
    const { createKey } = await import("./commands/keys.js");
    // The parser insists on --scope.
    return createKey(options as CreateKeyOptions);
  })
    .requiredOption(
      "--scope <scope...>",
      "ingest:PIPE, query:VIEW, query:VIEW/PATH or admin; may stand repeatedly",
    )
    .option(
      "--expires <when>",
      "how long the key lives, e.g. 12h, 90d or 52w; default: until revoked",
    )
    .option("--name <name>", "what the key is for")
    .option("--json", "print it as JSON");

  addCommand(keys, context, "list", "list the keys", async (options) => {
    const { listKeys } = await import("./commands/keys.js");
    return listKeys(options);
  }).option("--json", "print them as JSON");

  const revoke = "make a key useless within seconds";
  addCommand(keys, context, "revoke", revoke, async (options, id = "") => {
    const { revokeKey } = await import("./commands/keys.js");
    return revokeKey(id, options);
  }).argument("<id>", "the id that keys list shows");
}
