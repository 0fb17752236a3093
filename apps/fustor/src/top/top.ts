import type { FustorClient, ViewInfo } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { colors, formatBytes, formatTable, listenForStop, type Column } from "@fustor/core/cli";
import { createSystemClock } from "@fustor/core/host";
import { connect, type ConnectOptions } from "../ask/connect.js";
import { printable } from "../ask/one.js";
import { formatCount, plural } from "../up/figures.js";
import { Activity, type HotDirectory, type Rates } from "./activity.js";
import { GrowthWatch, type Growth } from "./growth.js";

export interface TopOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly once?: boolean;
  /** Seconds between two looks. */
  readonly interval: string;
}

/** What `top --json` prints, a line for each look. */
interface Look {
  readonly endpoint: string;
  readonly view: ViewInfo;
  readonly rates: Rates;
  readonly hottest: readonly HotDirectory[];
  readonly growth: readonly Growth[];
}

const ROWS = 10;
/** How deep growth is told apart, and of how many directories of each. */
const DEPTH = 2;
const WIDEST = 1_000;
const CLEAR = "\u001b[H\u001b[2J";

/** `fustor top`: how much happens in a view, and where, until Ctrl-C. */
export async function top(options: TopOptions): Promise<number> {
  const intervalMs = parseInterval(options.interval);
  const { client, endpoint } = await connect(options);
  const clock = createSystemClock();
  const stop = listenForStop();
  const activity = new Activity(clock.now());
  const growth = new GrowthWatch();
  const look = async (): Promise<Look> => {
    activity.turn(clock.now());
    const [view, usage] = await Promise.all([
      findView(client),
      client.usage("/", { depth: DEPTH, top: WIDEST }),
    ]);
    const [rates, hottest] = [activity.rates(), activity.hottest(ROWS)];
    return { endpoint, view, rates, hottest, growth: growth.look(usage.usage, ROWS) };
  };
  const reader = new AbortController();
  const signal = AbortSignal.any([stop.signal, reader.signal]);
  try {
    growth.begin((await client.usage("/", { depth: DEPTH, top: WIDEST })).usage);
    const following = follow(client, activity, signal);
    do {
      await Promise.race([clock.sleep(intervalMs, signal), following]);
      show(await look(), options);
    } while (options.once !== true);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    reader.abort();
    stop.dispose();
  }
  return 0;
}

/** Adds what happens; rejects when `signal` aborts, and when Fusion is away. */
async function follow(
  client: FustorClient,
  activity: Activity,
  signal: AbortSignal,
): Promise<never> {
  for await (const page of client.follow("/", { signal })) activity.add(page.events);
  throw new Error("a feed has no end");
}

async function findView(client: FustorClient): Promise<ViewInfo> {
  const view = (await client.views()).find(({ id }) => id === client.view);
  if (view !== undefined) return view;
  throw new FustorError("NOT_FOUND", `This key may ask no view "${client.view}".`);
}

/** On a terminal each look takes the place of the one before. */
function show(look: Look, { json = false, once = false }: TopOptions): void {
  const { isTTY, columns } = process.stdout;
  const text = json ? JSON.stringify(look) : format(look, isTTY ? columns : 120).join("\n");
  process.stdout.write(`${isTTY && !json && !once ? CLEAR : ""}${text}\n`);
}

function format({ endpoint, view, rates, hottest, growth }: Look, width: number): string[] {
  const { files, directories, bytes, suspects, gaps, has_leader } = view;
  const { seconds, per_second, created, updated, deleted, moved } = rates;
  const span = `${seconds.toFixed(0)} s`;
  return [
    `${colors.bold(view.id)} at ${endpoint}: ${plural(files, "file")} in ` +
      `${plural(directories, "folder")}, ${formatBytes(bytes)}`,
    `${plural(suspects, "suspect")}, ${plural(gaps, "gap")}, ` +
      (has_leader ? "an agent leads" : colors.yellow("no agent leads")),
    `${String(per_second)} changes a second over ${span}: ${formatCount(created)} created, ` +
      `${formatCount(updated)} updated, ${formatCount(deleted)} deleted, ${formatCount(moved)} moved`,
    "",
    ...formatRows(
      "No directory has changed.",
      [
        { title: `CHANGES IN ${span}`, align: "right", value: (row) => formatCount(row.events) },
        { title: "A SECOND", align: "right", value: (row) => row.per_second.toFixed(1) },
        { title: "IN", value: ({ path }) => printable(path.toWellFormed()) },
      ],
      hottest,
      width,
    ),
    "",
    ...formatRows(
      "No directory holds more or less than at the beginning.",
      [
        { title: "GROWN BY", align: "right", value: (row) => formatGrowth(row.bytes) },
        { title: "FILES", align: "right", value: (row) => formatSigned(row.files) },
        { title: "IN", value: ({ path }) => printable(path.toWellFormed()) },
      ],
      growth,
      width,
    ),
  ];
}

/** A table, or the words for having nothing to put into it. */
function formatRows<Row>(
  none: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  return rows.length === 0 ? [colors.dim(none)] : formatTable(columns, rows, width);
}

function formatGrowth(bytes: number): string {
  return `${bytes < 0 ? "-" : "+"}${formatBytes(Math.abs(bytes))}`;
}

function formatSigned(count: number): string {
  return `${count < 0 ? "-" : "+"}${formatCount(Math.abs(count))}`;
}

function parseInterval(text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (seconds >= 0.1) return seconds * 1_000;
  throw new FustorError(
    "USAGE",
    `--interval is "${text}". Give seconds from 0.1 on; a look takes Fusion some work.`,
  );
}
