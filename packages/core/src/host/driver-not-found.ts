import type { DriverKind } from "../drivers.js";
import { FustorError } from "../errors.js";
import { listDrivers } from "./driver-list.js";
import { nearest } from "./nearest.js";

/** No package of these names is in any of the folders. */
export async function packageNotFound(
  request: {
    readonly kind: DriverKind;
    readonly type: string;
    readonly folders: readonly string[];
  },
  names: readonly string[],
): Promise<FustorError> {
  const { kind, type, folders } = request;
  const [name = type] = names;
  const meant = await findSimilar(kind, type, folders);
  return notFound(
    [
      `Cannot find the ${kind} driver "${type}": ${joinNames(names)} is installed.`,
      ...(meant === undefined ? [] : [`Did you mean "${meant}"?`]),
      `Searched from ${folders.join(", ")}.`,
      `Install it next to the configuration: npm install ${name}${toPrefix(folders[0])}`,
    ].join(" "),
  );
}

/** The config names a file, and there is none. */
export function fileNotFound(kind: DriverKind, type: string, path: string): FustorError {
  return notFound(
    `Cannot find the ${kind} driver "${type}": there is no file ${path}. ` +
      "A relative path starts at the folder of the config file.",
  );
}

/** No package can be called that. */
export function notADriverType(kind: DriverKind, type: string): FustorError {
  return notFound(
    `"${type}" is no type of a ${kind}: write a short name such as "fs", ` +
      'the name of a package, or a path that starts with "./" or "/".',
  );
}

function notFound(message: string): FustorError {
  return new FustorError("DRIVER_NOT_FOUND", message);
}

/** For npm, which otherwise picks a folder by itself. */
function toPrefix(folder: string | undefined): string {
  if (folder === undefined) return "";
  return ` --prefix ${/\s/.test(folder) ? JSON.stringify(folder) : folder}`;
}

function joinNames(names: readonly string[]): string {
  return names.length === 1 ? `no package ${names.join("")}` : `neither ${names.join(" nor ")}`;
}

async function findSimilar(kind: DriverKind, type: string, folders: readonly string[]) {
  const installed = (await listDrivers(folders)).filter((driver) => driver.kind === kind);
  const names = installed.flatMap(({ name, packageName }) => [name ?? packageName, packageName]);
  return nearest(type, names);
}
