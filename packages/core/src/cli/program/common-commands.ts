import { Option, type Command } from "commander";
import type { DriverKind } from "../../drivers.js";
import { APP_WORDS, type App } from "../../host/app.js";
import type { PlaceOptions } from "../../host/places.js";
import { addCommand, withConfig, type ProgramContext } from "./commands.js";

/** Loads a command and runs it to its exit code. */
type Run = (options: PlaceOptions) => Promise<number>;

/** What is an app's own about the commands that all apps have. */
export interface CommonCommands {
  readonly app: App;
  /** What `config check` does, for its help. */
  readonly check: string;
  readonly drivers: {
    /** `import.meta.url` of the app. */
    readonly selfUrl: string;
    /** Lists drivers of this kind only. */
    readonly kind?: DriverKind;
  };
  readonly start: Run;
  readonly status: Run;
  readonly configCheck: Run;
  readonly configShow: Run;
}

/** Adds the commands that all apps have. Returns those that an app may give options of its own. */
export function addCommonCommands(program: Command, context: ProgramContext, own: CommonCommands) {
  const { app, drivers } = own;
  const { noun } = APP_WORDS[app];

  const startWords = `start ${app === "agent" ? "the agent" : noun}`;
  const start = addCommand(program, context, "start", startWords, own.start);
  withConfig(start, app)
    .option("-D, --daemon", "run in the background; returns when it is ready")
    .addOption(new Option("--follow-parent").hideHelp());

  const stopWords = `stop the ${noun} that runs in this home`;
  addCommand(program, context, "stop", stopWords, async (options) => {
    const { stop } = await import("../stop.js");
    return stop(app, options);
  });

  const statusWords = `show what the running ${noun} does`;
  const status = addCommand(program, context, "status", statusWords, own.status);
  status.option("--json", "print everything as JSON");

  const config = program.command("config").description("check or show the configuration");
  const configCheck = addCommand(config, context, "check", own.check, own.configCheck);
  withConfig(configCheck, app);
  const showWords = "print the configuration with all defaults, secrets hidden";
  withConfig(addCommand(config, context, "show", showWords, own.configShow), app);

  const what = drivers.kind === undefined ? "drivers" : `${drivers.kind} drivers`;
  const list = addCommand(
    program.command("drivers").description("look at the installed drivers"),
    context,
    "list",
    `list the ${what} that can be found from here`,
    async (options: PlaceOptions & { json?: true }) => {
      const { listFoundDrivers } = await import("../drivers-list.js");
      return listFoundDrivers(app, drivers, options);
    },
  );
  withConfig(list, app).option("--json", "print them as JSON");

  return { start, status, configCheck };
}
