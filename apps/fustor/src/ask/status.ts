import { hasCode, type CoverageReply, type RootJson, type ViewInfo } from "@fustor/client";
import {
  colors,
  formatBytes,
  formatTable,
  printStatus,
  printValue,
  type Column,
} from "@fustor/core/cli";
import { formatCount, plural } from "../up/figures.js";
import { connect, type Connected, type ConnectOptions } from "./connect.js";
import { formatGap } from "./one.js";

interface Status {
  readonly endpoint: string;
  readonly view: string;
  readonly views: readonly ViewInfo[];
  /** Of the whole view that is asked; null when there is no such view. */
  readonly coverage: CoverageReply | null;
  /** Agents whose roots are not taken. */
  readonly refused: readonly RootJson[];
}

const GAPS_SHOWN = 10;

/** `fustor status`: the views that can be asked, and how well the one that is asked is known. */
export async function status(
  options: ConnectOptions & { readonly json?: boolean; readonly watch?: boolean },
): Promise<number> {
  const connected = await connect(options);
  return printStatus(options, () => look(connected, options));
}

async function look(
  { client, endpoint }: Connected,
  options: { readonly json?: boolean },
): Promise<number> {
  const views = await client.views();
  const coverage = await client.coverage("/").catch((error: unknown) => {
    if (hasCode(error, "NOT_FOUND") || hasCode(error, "FORBIDDEN")) return null;
    throw error;
  });
  const refused = await client
    .roots()
    .then((roots) => roots.filter(({ state }) => state === "refused"))
    .catch((error: unknown) => {
      // A key for a part of a view learns nothing of agents.
      if (hasCode(error, "NOT_FOUND") || hasCode(error, "FORBIDDEN")) return [];
      throw error;
    });
  printValue({ endpoint, view: client.view, views, coverage, refused }, options, formatStatus);
  return 0;
}

function formatStatus(
  { endpoint, view, views, coverage, refused }: Status,
  width: number,
): string[] {
  return [
    `Fusion at ${endpoint}`,
    "",
    ...formatTable(COLUMNS, views, width),
    "",
    ...(coverage === null
      ? [`The key may not ask the view ${view}.`]
      : formatCoverage(view, coverage)),
    ...refused.map(({ reason = "" }) => colors.red(`${reason} See fustor roots --view ${view}.`)),
  ];
}

function formatCoverage(view: string, reply: CoverageReply): string[] {
  const { directories, listed, watched, gaps } = reply;
  const known = `${formatCount(listed)} of ${plural(directories, "folder")} known`;
  const words = watched ? colors.green("watched") : colors.yellow("not watched whole");
  const more = gaps.length - GAPS_SHOWN;
  return [
    `View ${view}: ${known}, ${words}`,
    ...gaps.slice(0, GAPS_SHOWN).map(formatGap),
    ...(more > 0 ? [`and ${plural(more, "gap")} more`] : []),
  ];
}

const COLUMNS: readonly Column<ViewInfo>[] = [
  { title: "VIEW", value: ({ id }) => id },
  {
    title: "STATE",
    value: ({ ready }) => (ready ? "ready" : "not ready"),
    paint: ({ ready }) => (ready ? colors.green : colors.yellow),
  },
  { title: "FILES", align: "right", value: ({ files }) => formatCount(files) },
  { title: "FOLDERS", align: "right", value: ({ directories }) => formatCount(directories) },
  { title: "SIZE", align: "right", value: ({ bytes }) => formatBytes(bytes) },
  { title: "SUSPECTS", align: "right", value: ({ suspects }) => formatCount(suspects) },
  { title: "GAPS", align: "right", value: ({ gaps }) => formatCount(gaps) },
  { title: "HELD", align: "right", value: ({ held }) => formatCount(held) },
  { title: "LEADER", value: ({ has_leader }) => (has_leader ? "yes" : "no") },
];
