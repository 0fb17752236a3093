import { Option, type Command } from "commander";
import type { DriverKind } from "../../drivers.js";
import { APP_WORDS, type App } from "../../host/app.js";
import type { PlaceOptions } from "../../host/places.js";
import type { LogsOptions } from "../logs.js";
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
  /** Asks what has to be known and writes a first configuration. */
  readonly init: Run;
  /** Prints a configuration with comments. */
  readonly configExample: Run;
  /** Looks at everything that the app needs. */
  readonly doctor: Run;
  /** Writes `file`, or one with a name of its own. */
  readonly supportBundle: (file: string | undefined, options: PlaceOptions) => Promise<number>;
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
  status
    .option("--json", "print everything as JSON")
    .option("--watch", "show it again and again, until Ctrl-C");

  const init = addCommand(program, context, "init", "write a first configuration", own.init);
  withConfig(init, app).option(
    "--yes",
    "ask nothing: take what is usual where no option says more",
  );

  const config = program.command("config").description("check or show the configuration");
  const configCheck = addCommand(config, context, "check", own.check, own.configCheck);
  withConfig(configCheck, app);
  const showWords = "print the configuration with all defaults, secrets hidden";
  withConfig(addCommand(config, context, "show", showWords, own.configShow), app);

  const exampleWords = "print a configuration with comments";
  addCommand(config, context, "example", exampleWords, own.configExample);

  const what = drivers.kind === undefined ? "drivers" : `${drivers.kind} drivers`;
  const driverCommands = program.command("drivers").description("list, add or remove drivers");
  const list = addCommand(
    driverCommands,
    context,
    "list",
    `list the ${what} that can be found from here`,
    async (options: PlaceOptions & { json?: true }) => {
      const { listFoundDrivers } = await import("../drivers-list.js");
      return listFoundDrivers(app, drivers, options);
    },
  );
  withConfig(list, app).option("--json", "print them as JSON");
  addDriverChanges(driverCommands, context, app);
  addHostCommands(program, context, app);
  addExamineCommands(program, context, own);

  program
    .command("completion")
    .description("print what makes a shell complete these commands")
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell: string) => {
      const { printCompletion, toCompletionTree } = await import("../completion.js");
      printCompletion(toCompletionTree(program), shell);
      context.exit(0);
    });

  return { start, status, configCheck, init };
}

/** npm does the work, below the home. */
function addDriverChanges(parent: Command, context: ProgramContext, app: App): void {
  const package_ = "a package as npm names it, or a folder";
  addCommand(parent, context, "add", "install drivers into the home", async (options, ...names) => {
    const { addDrivers } = await import("../drivers-change.js");
    return addDrivers(app, names, options);
  }).argument("<package...>", package_);

  const removeWords = "remove drivers from the home";
  addCommand(parent, context, "remove", removeWords, async (options, ...names) => {
    const { removeDrivers } = await import("../drivers-change.js");
    return removeDrivers(app, names, options);
  }).argument("<package...>", package_);
}

/** What an app leaves on its machine: logs, a unit, and the files of its home. */
function addHostCommands(program: Command, context: ProgramContext, app: App): void {
  const { noun } = APP_WORDS[app];
  addCommand(program, context, "logs", `show the log of the ${noun}`, async (options) => {
    const { logs } = await import("../logs.js");
    // The parser has a default for the lines.
    return logs(app, options as LogsOptions);
  })
    .option("-f, --follow", "show what comes, until Ctrl-C")
    .option("-n, --lines <n>", "so many lines of its end", "50")
    .option("--json", "the records as they are");

  const service = program.command("service").description("run at every boot, by systemd");
  const installWords = "write a systemd unit and start it";
  const install = addCommand(service, context, "install", installWords, async (options) => {
    const { installService } = await import("../service.js");
    return installService(app, options);
  });
  const uninstallWords = "stop the unit and remove it";
  const uninstall = addCommand(service, context, "uninstall", uninstallWords, async (options) => {
    const { uninstallService } = await import("../service.js");
    return uninstallService(app, options);
  });
  withConfig(install, app);
  for (const each of [install, uninstall]) {
    each
      .option("--system", "for the whole machine, in place of this user")
      .option("--dry-run", "say what would be done, and change nothing");
  }

  const purgeWords = `remove what the ${noun} wrote into the home, its configuration too`;
  addCommand(program, context, "purge", purgeWords, async (options) => {
    const { purge } = await import("../purge.js");
    return purge(app, options);
  })
    .option("--dry-run", "say what would be removed, and change nothing")
    .option("--yes", "do it");
}

/** What finds out why something does not work. */
function addExamineCommands(program: Command, context: ProgramContext, own: CommonCommands): void {
  const doctorWords = "look for everything that could be wrong, and say how to mend it";
  const doctor = addCommand(program, context, "doctor", doctorWords, own.doctor);
  withConfig(doctor, own.app).option("--json", "print the findings as JSON");

  const bundleWords = "gather what helps to find a fault, without any secret, in one file";
  const bundle = addCommand(program, context, "support-bundle", bundleWords, (options, file) =>
    own.supportBundle(file, options),
  );
  withConfig(bundle, own.app).argument("[file]", "where to; must not be there yet");
}
