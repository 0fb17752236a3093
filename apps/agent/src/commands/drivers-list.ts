import { colors, formatTable, type Column } from "@fustor/core/cli";
import { driverFolders, listDrivers, type InstalledDriver } from "@fustor/core/host";
import { findPlaces, type PlaceOptions } from "../places.js";

const WIDTH_DEFAULT = 120;

/** Lists what the loader would find from here. Runs no driver's code. */
export async function driversList(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const drivers = await listDrivers(driverFolders({ ...findPlaces(options), selfUrl: SELF }));
  const lines =
    options.json === true
      ? [JSON.stringify(drivers, undefined, 2)]
      : formatDrivers(drivers, process.stdout.isTTY ? process.stdout.columns : WIDTH_DEFAULT);
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

const SELF = import.meta.url;

/** The drivers for people, in lines that fit into `width`. */
export function formatDrivers(drivers: readonly InstalledDriver[], width: number): string[] {
  if (drivers.length === 0) {
    return ["No driver is installed. Install one beside the agent: npm install @fustor/source-fs"];
  }
  const problems = drivers.flatMap(({ packageName, problem }) =>
    problem === undefined ? [] : [`${colors.red(packageName)}: ${problem}`],
  );
  return [
    ...formatTable(COLUMNS, drivers, width),
    ...(problems.length === 0 ? [] : ["", ...problems]),
  ];
}

const COLUMNS: readonly Column<InstalledDriver>[] = [
  { title: "TYPE", value: ({ name }) => name ?? "?" },
  { title: "KIND", value: ({ kind }) => kind ?? "?" },
  { title: "PACKAGE", value: ({ packageName }) => packageName },
  { title: "VERSION", value: ({ version }) => version },
  {
    title: "STATE",
    value: ({ problem }) => (problem === undefined ? "ok" : "unusable"),
    paint: ({ problem }) => (problem === undefined ? colors.green : colors.red),
  },
  { title: "FOLDER", value: ({ folder }) => folder },
];
