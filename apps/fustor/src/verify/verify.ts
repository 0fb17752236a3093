import { FustorError } from "@fustor/core";
import { colors, listenForStop, printValue } from "@fustor/core/cli";
import { createSystemClock } from "@fustor/core/host";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { connect, type ConnectOptions } from "../ask/connect.js";
import { rawPath, toViewPath } from "../ask/names.js";
import { printable } from "../ask/one.js";
import { formatCount, plural } from "../up/figures.js";
import { createLiveLine } from "../up/live-line.js";
import { compare, type Difference, type InView } from "./compare.js";
import { walkDisk } from "./disk.js";
import { differing, FACTS, factsOfEntry, type Facts } from "./facts.js";
import { lookAgain, viewPathOf, type Sides, type Verdict } from "./second-look.js";
import { Tally, type Counts } from "./tally.js";

export interface VerifyOptions extends ConnectOptions {
  readonly json?: boolean;
  /** Where the folder stands in the view. */
  readonly at: string;
  /** Seconds that the view may be behind. */
  readonly lag: string;
  /** So many differences are named. */
  readonly first: string;
}

/** What `verify --json` prints. */
interface Report extends Counts {
  readonly dir: string;
  readonly view: string;
  readonly at: string;
  /** The differences that are named; there may be more. */
  readonly first: readonly Difference[];
}

/** How often differences are looked at again, each time after the lag. */
const LOOKS_AGAIN = 3;
/** So many of them side by side. */
const SIDE_BY_SIDE = 8;

/**
 * `fustor verify`: holds a folder of this machine against the view, name by name. What differs is
 * looked at again, so that what changed on the way is no fault. Returns 1 when something differs.
 */
export async function verify(dir: string, options: VerifyOptions): Promise<number> {
  const at = toViewPath(options.at);
  const lagMs = parseWhole("--lag", options.lag, 3_600) * 1_000;
  const first = parseWhole("--first", options.first, 10_000);
  const folder = await requireFolder(dir);
  const { client } = await connect(options);
  const sides: Sides = { client, dir: Buffer.from(folder), at };
  const clock = createSystemClock();
  const line = createLiveLine(process.stderr.isTTY ? process.stderr : SILENT, clock);
  const stop = listenForStop();
  const tally = new Tally();
  try {
    const names = await countNames(sides);
    for await (const finding of compare(walkDisk(sides.dir), readView(sides))) {
      stop.signal.throwIfAborted();
      tally.add(finding);
      if (tally.seen % SHOW_EVERY === 0) line.show(describeProgress(tally.seen, names));
    }
    for (let look = 0; look < LOOKS_AGAIN && tally.open.length > 0; look += 1) {
      line.show(`${plural(tally.open.length, "difference")}, looked at again`);
      await clock.sleep(lagMs, stop.signal);
      tally.replace(await lookAtAll(sides, tally.open));
    }
  } finally {
    line.end();
    stop.dispose();
  }
  const counts = tally.counts();
  const named = tally.differences.slice(0, first);
  const report: Report = { dir: folder, view: client.view, at, ...counts, first: named };
  printValue(report, options, formatReport);
  return counts.missing + counts.extra + counts.differing === 0 ? 0 : 1;
}

/** So many names are compared before the line changes. */
const SHOW_EVERY = 1_000;

/** How many names the view has there: near enough for a bar. */
async function countNames({ client, at }: Sides): Promise<number> {
  const { usage } = await client.usage(at, { depth: 0 });
  return usage.files + usage.directories;
}

const BAR = 24;

function describeProgress(seen: number, names: number): string {
  const part = Math.min(1, seen / Math.max(1, names));
  const full = Math.floor(part * BAR);
  const bar = `${"█".repeat(full)}${"░".repeat(BAR - full)}`;
  return `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${formatCount(seen)} names compared`;
}

const SILENT = { write: () => undefined };

/** All that the view has there, as `walkDisk` goes. */
async function* readView({ client, at }: Sides): AsyncGenerator<InView> {
  const { entry } = await client.entry(at);
  yield { path: "/", facts: factsOfEntry(entry) };
  if (entry.type !== "d") return;
  const cut = at === "/" ? 0 : at.length;
  for await (const row of client.eachEntry(at, { sort: "path", fields: ["path", ...FACTS] })) {
    yield { path: rawPath(row).slice(cut), facts: factsOfEntry(row) };
  }
}

async function lookAtAll(sides: Sides, open: readonly Difference[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let begin = 0; begin < open.length; begin += SIDE_BY_SIDE) {
    const few = open.slice(begin, begin + SIDE_BY_SIDE);
    verdicts.push(...(await Promise.all(few.map((each) => lookAgain(sides, each)))));
  }
  return verdicts;
}

async function requireFolder(dir: string): Promise<string> {
  const path = resolve(dir);
  const stats = await stat(path).catch(() => undefined);
  if (dir !== "" && stats?.isDirectory() === true) return path;
  throw new FustorError(
    "USAGE",
    `Cannot verify ${path}: it is no folder of this machine that can be read. Name the folder ` +
      "that the agent watches, or one in it together with --at PATH.",
  );
}

function parseWhole(option: string, text: string, maximum: number): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= maximum) return Number(text);
  throw new FustorError(
    "USAGE",
    `${option} is "${text}". Give a whole number from 0 to ${String(maximum)}.`,
  );
}

function formatReport(report: Report): string[] {
  const { dir, view, at, equal, missing, extra, changing, closed, first } = report;
  const faults = missing + extra + report.differing;
  const more = faults - first.length;
  return [
    `${printable(dir)} and ${printable(at)} in the view ${view}`,
    `equal      ${formatCount(equal)}`,
    `missing    ${formatCount(missing)}`,
    `extra      ${formatCount(extra)}`,
    `differing  ${formatCount(report.differing)}`,
    ...(changing === 0 ? [] : [`changing   ${formatCount(changing)}, too fast to be compared`]),
    ...(closed === 0 ? [] : [`closed     ${plural(closed, "folder")} that cannot be read here`]),
    `precision  ${(faults === 0 ? colors.green : colors.red)(formatPart(report.precision))}`,
    ...(first.length === 0 ? [] : [""]),
    ...first.map((difference) => formatDifference(difference, at)),
    ...(more > 0 && first.length > 0 ? [`and ${formatCount(more)} more`] : []),
    ...(report.equal === 0 && at === "/"
      ? [
          "",
          "Next to nothing is alike: is that the folder of the view's root? If not, say --at PATH.",
        ]
      : []),
  ];
}

/** Never 100 % where something differs. */
function formatPart(part: number): string {
  return `${part === 1 ? "100" : Math.min(99.9999, part * 100).toFixed(4)} %`;
}

function formatDifference({ kind, path, disk, view }: Difference, at: string): string {
  const name = `${colors.yellow(kind.padEnd(9))}  ${printable(viewPathOf(at, path).toWellFormed())}`;
  if (disk === undefined || view === undefined) return name;
  const facts = differing(disk, view).map(
    (fact) => `${fact}: ${show(disk[fact])}, view ${show(view[fact])}`,
  );
  return `${name}  ${facts.join("; ")}`;
}

function show(fact: Facts[keyof Facts]): string {
  return fact === null ? "not known" : String(fact);
}
