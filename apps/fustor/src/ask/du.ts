import type { UsageRow } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { connect, type ConnectOptions } from "./connect.js";
import { formatHuman } from "./figures.js";
import { rawPath, toViewPath } from "./names.js";
import { Output } from "./output.js";

export interface DuOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly nul?: boolean;
  readonly human?: boolean;
  /** `-b`: the sizes of the files, in place of what is allocated. */
  readonly bytes?: boolean;
  readonly summarize?: boolean;
  readonly all?: boolean;
  readonly depth?: string;
}

const DEPTH_MAX = 16;
const TOP = 10_000;
const BLOCK = 1_024;

/** `fustor du`: what a path and the directories below it take up, each counted for itself. */
export async function du(path: string, options: DuOptions): Promise<number> {
  const depth = options.summarize === true ? 0 : parseDepth(options.depth ?? "1");
  const viewPath = toViewPath(path);
  const { client } = await connect(options);
  const reply = await client.usage(viewPath, { depth, top: TOP });
  const out = new Output();
  if (options.json === true) {
    out.add(`${JSON.stringify(reply, undefined, 2)}\n`);
  } else {
    const cut = viewPath === "/" ? 1 : viewPath.length + 1;
    const prefix = path.endsWith("/") ? path : `${path}/`;
    for (const row of directoriesOf(reply.usage, options.all === true)) {
      const below = rawPath(row).slice(cut);
      out.add(`${format(row, options)}\t`);
      out.addName(below === "" ? path : prefix + below, { nul: options.nul === true });
      await out.flush();
    }
  }
  await out.flush({ now: true });
  const { hard_links, truncated } = reply.meta;
  if (truncated) {
    process.stderr.write(`Of each directory only the ${String(TOP)} largest are shown.\n`);
  }
  if (hard_links === "counted_each") {
    process.stderr.write("There are too many names to count hard links once: each name counts.\n");
  }
  return 0;
}

/** As `du` goes: what is in a directory before the directory. */
function* directoriesOf(row: UsageRow, withFiles: boolean, isTop = true): Generator<UsageRow> {
  for (const child of row.children ?? []) yield* directoriesOf(child, withFiles, false);
  if (isTop || withFiles || row.type === "d") yield row;
}

function format({ bytes, allocated_bytes }: UsageRow, options: DuOptions): string {
  const value = options.bytes === true ? bytes : allocated_bytes;
  if (options.human === true) return formatHuman(value);
  return String(options.bytes === true ? value : Math.ceil(value / BLOCK));
}

function parseDepth(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= DEPTH_MAX) return Number(text);
  throw new FustorError(
    "USAGE",
    `--max-depth is "${text}". Give a whole number from 0 to ${String(DEPTH_MAX)}.`,
  );
}
