import type { DriverKind } from "../drivers.js";
import type { App } from "../host/app.js";
import { driverFolders } from "../host/driver-folders.js";
import { listDrivers, type InstalledDriver } from "../host/driver-list.js";
import { findPlaces, type PlaceOptions } from "../host/places.js";
import { colors } from "./colors.js";
import { printValue } from "./print.js";
import { formatTable, type Column } from "./table.js";

/**
 * Lists what the loader would find from here, of one kind only where one is named. Runs no
 * driver's code.
 */
export async function listFoundDrivers(
  app: App,
  { selfUrl, kind }: { readonly selfUrl: string; readonly kind?: DriverKind },
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const found = await listDrivers(driverFolders({ ...findPlaces(app, options), selfUrl }));
  const drivers = kind === undefined ? found : found.filter((driver) => isOf(kind, driver));
  printValue(drivers, options, (_, width) => formatDrivers(app, drivers, width));
  return 0;
}

/** A package that does not even say what it is shows by its name what it is meant to be. */
function isOf(wanted: DriverKind, { kind, packageName }: InstalledDriver): boolean {
  return kind === undefined ? packageName.includes(`${wanted}-`) : kind === wanted;
}

/** The drivers for people, in lines that fit into `width`. */
function formatDrivers(app: App, drivers: readonly InstalledDriver[], width: number): string[] {
  if (drivers.length === 0) return [NONE[app]];
  const problems = drivers.flatMap(({ packageName, problem }) =>
    problem === undefined ? [] : [`${colors.red(packageName)}: ${problem}`],
  );
  return [
    ...formatTable(COLUMNS, drivers, width),
    ...(problems.length === 0 ? [] : ["", ...problems]),
  ];
}

const NONE = {
  agent: "No driver is installed. Install one beside the agent: npm install @fustor/source-fs",
  fusion: "No view driver is installed. Install one beside Fusion: npm install @fustor/view-fs",
} as const satisfies Record<App, string>;

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
