import type { Command } from "@fustor/core/program";
import type { ConnectOptions } from "./connect.js";
import type { DuOptions } from "./du.js";
import type { FindOptions } from "./find/find.js";
import type { ListOptions } from "./list.js";
import type { TreeOptions } from "./tree.js";
import type { WatchOptions } from "./watch.js";

type Json = ConnectOptions & { readonly json?: boolean };

const PATH = "a path in the view, from its root / on";

const FIND_HELP = `
Tests, all of which have to hold, as in GNU find:
  -name PATTERN  -iname PATTERN  -path PATTERN  -type fdlpsbc  -size [+-]N[bcwkMG]
  -mtime [+-]DAYS  -newermt MOMENT  -empty  -maxdepth N  -mindepth N  ! TEST
Actions: -print  -print0  -printf FORMAT (%p %P %f %d %y %s %m %U %G %i %n %b %k %T@ \\n \\t \\0)
Options stand before the paths. Paths begin at the root of the view, / unless one is named.`;

/** Adds the commands that ask a Fusion; each loads its code when it is used. */
export function addAskCommands(program: Command, exit: (code: number) => void): void {
  const add = (name: string, description: string, json: string): Command =>
    program
      .command(name)
      .description(description)
      .option("--endpoint <url>", "the Fusion to ask, instead of the pair of this home")
      .option("--key <key>", "an API key (or FUSTOR_KEY)")
      .option("--view <view>", "the view to ask")
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

  add("status", "show the views that can be asked, and how well they are known", whole).action(
    async (options: Json) => {
      const { status } = await import("./status.js");
      exit(await status(options));
    },
  );
}
