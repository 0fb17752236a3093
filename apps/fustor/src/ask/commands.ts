import type { Command } from "@fustor/core/program";
import type { ConnectOptions } from "./connect.js";
import type { DuOptions } from "./du.js";
import type { FindOptions } from "./find/find.js";
import type { ListOptions } from "./list.js";
import type { TopOptions } from "../top/top.js";
import type { VerifyOptions } from "../verify/verify.js";
import type { TreeOptions } from "./tree.js";
import type { WatchOptions } from "./watch.js";

type Json = ConnectOptions & { readonly json?: boolean };

const PATH = "a path in the view, from its root / on";

const FIND_HELP = `
Tests, as in GNU find, joined by -a (which may be left out), -o, ! and ( ):
  -name PATTERN  -iname PATTERN  -path PATTERN  -ipath PATTERN  -type fdlpsbc  -empty
  -size [+-]N[bcwkMG]  -mtime [+-]DAYS  -mmin [+-]MINUTES  -newermt MOMENT  -links [+-]N
  -perm [-/]OCTAL  -user UID  -group GID  -uid [+-]N  -gid [+-]N  -true  -false
Everywhere: -maxdepth N  -mindepth N
Actions: -prune  -print  -print0  -printf FORMAT (%p %P %f %d %y %s %m %U %G %i %n %b %k %T@ \\n \\t \\0)
Options stand before the paths. Paths begin at the root of the view, / unless one is named.`;

/** Adds the commands that ask a Fusion; each loads its code when it is used. */
export function addAskCommands(program: Command, exit: (code: number) => void): void {
  const add = (name: string, description: string, json: string, parent = program): Command =>
    parent
      .command(name)
      .description(description)
      .option("--endpoint <url>", "the Fusion to ask, instead of the pair of this home")
      .option("--key <key>", "an API key (or FUSTOR_KEY)")
      .option("--view <view>", "the view to ask")
      .option("--ca <file>", "trust this authority, in PEM, for https:// (or FUSTOR_CA)")
      .option("--client-cert <file>", "a certificate to show (or FUSTOR_CLIENT_CERT)")
      .option("--client-key <file>", "its private key (or FUSTOR_CLIENT_KEY)")
      .option("--home <dir>", "instead of $FUSTOR_HOME")
      .option("--json", json);
  const lines = "print one JSON value a line";
  const whole = "print everything as JSON";
  const nul = ["-0, --nul", "end names with NUL in place of a line end"] as const;

  add("ls", "list what is in a directory", lines)
    .argument("[path]", PATH, "/")
    .option("-l, --long", "with mode, links, owners, size, and time")
    .option(...nul)
    .action(async (path: string, options: ListOptions) => {
      const { ls } = await import("./list.js");
      exit(await ls(path, options));
    });

  add("find", "find names below directories by tests of GNU find", lines)
    .argument("[path...]", "paths in the view, and then tests")
    .option(...nul)
    .addHelpText("after", FIND_HELP)
    .action(async (words: readonly string[], options: FindOptions) => {
      const { find } = await import("./find/find.js");
      exit(await find(words, options));
    });

  add("search", "find names that contain a text, without case", lines)
    .argument("<text>", "a part of a name")
    .option("-l, --long", "with mode, links, owners, size, and time")
    .option(...nul)
    .action(async (text: string, options: ListOptions) => {
      const { search } = await import("./list.js");
      exit(await search(text, options));
    });

  add("du", "show what directories take up, the largest first", whole)
    .argument("[path]", PATH, "/")
    .option("-h, --human-readable", "in K, M, G of 1024")
    .option("-d, --max-depth <n>", "so many levels below, up to 16 (default: 1)")
    .option("-s, --summarize", "the path alone")
    .option("-a, --all", "files too")
    .option("-b, --bytes", "the sizes of the files, in place of what is allocated")
    .option(...nul)
    .helpOption("--help", "print this help")
    .addHelpText(
      "after",
      "\nA file with several names counts once in each line, as in a `du -s` of that line alone: lines\n" +
        "may add up to more than the one above them. GNU du counts it where it comes upon it first.",
    )
    .action(
      async (
        path: string,
        given: Omit<DuOptions, "human" | "depth"> & { humanReadable?: true; maxDepth?: string },
      ) => {
        const { humanReadable: human, maxDepth: depth, ...options } = given;
        const { du } = await import("./du.js");
        exit(
          await du(path, {
            ...options,
            ...(human === undefined ? {} : { human }),
            ...(depth === undefined ? {} : { depth }),
          }),
        );
      },
    );

  add("stat", "show all that is known of one path, and how far to trust it", whole)
    .argument("<path>", PATH)
    .action(async (path: string, options: Json) => {
      const { stat } = await import("./one.js");
      exit(await stat(path, options));
    });

  add("explain", "tell why a path is shown as it is, or not at all", whole)
    .argument("<path>", PATH)
    .action(async (path: string, options: Json) => {
      const { explain } = await import("./one.js");
      exit(await explain(path, options));
    });

  add("tree", "draw a directory and what is below it", whole)
    .argument("[path]", PATH, "/")
    .option("-L, --level <n>", "so many levels below", "2")
    .action(
      async (
        path: string,
        { level, ...options }: Omit<TreeOptions, "depth"> & { level: string },
      ) => {
        const { tree } = await import("./tree.js");
        exit(await tree(path, { ...options, depth: level }));
      },
    );

  add("watch", "tell what happens at and below a path, until Ctrl-C", "print one JSON page a line")
    .argument("[path]", PATH, "/")
    .option("--since <cursor>", "begin at the cursor of a page, in place of now")
    .action(async (path: string, options: WatchOptions) => {
      const { watch } = await import("./watch.js");
      exit(await watch(path, options));
    });

  add("status", "show the views that can be asked, and how well they are known", whole)
    .option("--watch", "show it again and again, until Ctrl-C")
    .action(async (options: Json & { readonly watch?: boolean }) => {
      const { status } = await import("./status.js");
      exit(await status(options));
    });

  const roots = add(
    "roots",
    "show which roots agents report, and which were refused",
    whole,
  ).action(async (options: Json) => {
    const { roots } = await import("./roots.js");
    exit(await roots(options));
  });
  add("accept", "take the root with which an agent was refused for the right one", whole, roots)
    .argument("<agent>", "the name of the agent, as `fustor roots` shows it")
    .action(async (agent: string, _options: Json, command: Command) => {
      const { acceptRoot } = await import("./roots.js");
      exit(await acceptRoot(agent, command.optsWithGlobals<Json>()));
    });

  add("verify", "hold a folder of this machine against the view, name by name", whole)
    .argument("<dir>", "the folder that the agent watches, or one in it with --at")
    .option("--at <path>", "where the folder stands in the view", "/")
    .option("--lag <seconds>", "wait so long before differences are looked at again", "3")
    .option("--first <n>", "name so many differences", "10")
    .action(async (dir: string, options: VerifyOptions) => {
      const { verify } = await import("../verify/verify.js");
      exit(await verify(dir, options));
    });

  add("top", "show how much happens, and where, until Ctrl-C", "print one JSON value a look")
    .option("--once", "look once, after one interval, and end")
    .option("--interval <seconds>", "time between two looks", "3")
    .action(async (options: TopOptions) => {
      const { top } = await import("../top/top.js");
      exit(await top(options));
    });
}
