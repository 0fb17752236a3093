import type { EntryReply, ExplainReply, GapJson, SaidJson } from "@fustor/client";
import { colors, printValue } from "@fustor/core/cli";
import { connect, type ConnectOptions } from "./connect.js";
import { formatMode, formatTime } from "./figures.js";
import { toViewPath } from "./names.js";

interface OneOptions extends ConnectOptions {
  readonly json?: boolean;
}

/** `fustor stat`: all that is known of one path, and how far to trust it. */
export async function stat(path: string, options: OneOptions): Promise<number> {
  const { client } = await connect(options);
  printValue(await client.entry(toViewPath(path)), options, formatEntry);
  return 0;
}

/** `fustor explain`: why a path is shown as it is, or not at all. */
export async function explain(path: string, options: OneOptions): Promise<number> {
  const { client } = await connect(options);
  printValue(await client.explain(toViewPath(path)), options, formatExplanation);
  return 0;
}

function formatEntry({ entry, trust }: EntryReply): string[] {
  const marks = (["suspect", "blind_spot", "doubted", "held"] as const).filter(
    (mark) => entry[mark],
  );
  return [
    row("path", printable(entry.path)),
    row("type", `${entry.type ?? "?"}  ${formatMode(entry.type, entry.mode)}`),
    row("size", `${known(entry.size)} bytes in ${known(entry.blocks)} blocks of 512`),
    row("owner", `uid ${known(entry.uid)}, gid ${known(entry.gid)}`),
    row("inode", `${known(entry.ino)}, ${known(entry.nlink)} links`),
    row("modified", formatTime(entry.mtime)),
    row("changed", formatTime(entry.ctime)),
    row("seen", formatSaid(trust.seen)),
    row("listed", formatSaid(trust.listed)),
    row(
      "trust",
      marks.length === 0
        ? colors.green("nothing stands against it")
        : colors.yellow(marks.join(", ")),
    ),
    ...trust.gaps.map(formatGap),
  ];
}

function formatExplanation(reply: ExplainReply): string[] {
  const { directory, others, gaps } = reply;
  return [
    row("path", printable(reply.path)),
    row("shown", reply.present ? colors.green("yes") : colors.yellow("no")),
    row("rule", reply.rule ?? `none: ${whyNone(reply)}`),
    row("seen", formatSaid(reply.seen)),
    row("absent", formatSaid(reply.absent)),
    ...others.map((said) => row("also", formatSaid(said))),
    ...(reply.doubted ? [row("doubted", "yes: it will be looked at again")] : []),
    ...(reply.held ? [row("held", "yes: the brake on removals in bulk keeps it")] : []),
    ...(reply.suspect_until === null
      ? []
      : [row("suspect", `until ${formatTime(reply.suspect_until)}`)]),
    row("directory", `${printable(directory.path)}, listed: ${formatSaid(directory.listed)}`),
    ...gaps.map(formatGap),
  ];
}

function whyNone({ absent, others }: ExplainReply): string {
  return absent === null && others.length === 0
    ? "nobody has said anything of it"
    : "it was seen to be absent, and nothing speaks for it";
}

function row(title: string, text: string): string {
  return `${title.padEnd(9)}  ${text}`;
}

function known(value: number | string | null): string {
  return value === null ? "?" : String(value);
}

function formatSaid(said: SaidJson | null): string {
  if (said === null) return "never";
  return `${formatTime(said.at)} by ${said.how}, agent ${said.host}`;
}

/** A gap for people. */
export function formatGap({ path, kind, reason, since }: GapJson): string {
  const why = GAP_WORDS.get(reason) ?? reason;
  return row(
    "gap",
    colors.yellow(`${printable(path)} ${kind} (${why}) since ${formatTime(since)}`),
  );
}

/** Reasons that are codes, and what they come to. */
const GAP_WORDS: ReadonlyMap<string, string> = new Map([
  ["root-mismatch", "root-mismatch: an agent shows another folder than before, which is not taken"],
  ["EXDEV", "EXDEV: another file system is mounted there, which is not reported"],
  ["EACCES", "EACCES: the agent's user may not read it"],
  ["ENAMETOOLONG", "ENAMETOOLONG: its path is longer than the system can name"],
]);

/** A path in a table: without line ends and whatever else steers a terminal. */
export function printable(path: string): string {
  return path.replace(/[\0-\x1f\x7f-\x9f]/g, "?");
}
