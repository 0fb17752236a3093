import type { Command } from "commander";
import type { App } from "../../host/app.js";
import type { Launcher, PlaceOptions } from "../../host/places.js";

/** What the commands of one run of a program share. */
export interface ProgramContext {
  readonly launcher: Launcher;
  /** Takes the exit code that a command ended with. */
  readonly exit: (code: number) => void;
}

/**
 * Adds a command that takes `--home`. `run` gets the options as the parser read them and then the
 * arguments; it loads its code itself, so that other commands start quickly.
 */
export function addCommand(
  parent: Command,
  { launcher, exit }: ProgramContext,
  name: string,
  description: string,
  run: (options: PlaceOptions, ...args: string[]) => Promise<number>,
): Command {
  const command = parent
    .command(name)
    .description(description)
    .option("--home <dir>", "instead of $FUSTOR_HOME");
  return command.action(async () => {
    exit(await run({ ...command.opts(), launcher }, ...command.args));
  });
}

/** Lets a command read another configuration file. */
export function withConfig(command: Command, app: App): Command {
  return command.option("--config <file>", `instead of ${app}-config.yaml in the home`);
}
