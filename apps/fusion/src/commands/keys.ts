import { FustorError } from "@fustor/core";
import { formatTable, type Column } from "@fustor/core/cli";
import { prepareHome } from "@fustor/core/host";
import { createKeyStore, type KeyInfo } from "@fustor/server";
import { findPlaces, type PlaceOptions } from "../places.js";

const WIDTH_DEFAULT = 120;

/** Makes a key and prints it, for the only time. */
export async function createKey(
  options: PlaceOptions & {
    readonly scope: readonly string[];
    readonly name?: string;
    readonly json?: boolean;
  },
): Promise<number> {
  const { home, keyFile } = findPlaces(options);
  await prepareHome(home);
  const { id, key } = await createKeyStore(keyFile).create({
    scopes: options.scope,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ id, key, scopes: options.scope })}\n`);
    return 0;
  }
  process.stdout.write(`${key}\n`);
  // Beside the key, so that `KEY=$(fustor-fusion keys create ...)` holds the key alone.
  process.stderr.write(
    `This is the key ${id} for ${options.scope.join(", ")}. Keep it: it is not shown again.\n`,
  );
  return 0;
}

/** Prints what is known of every key; the keys themselves are not kept. */
export async function listKeys(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const keys = await createKeyStore(findPlaces(options).keyFile).list();
  const lines =
    options.json === true
      ? [JSON.stringify(keys, undefined, 2)]
      : formatKeys(keys, process.stdout.isTTY ? process.stdout.columns : WIDTH_DEFAULT);
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

/** Makes a key useless. Fails when there is no such key. */
export async function revokeKey(id: string, options: PlaceOptions): Promise<number> {
  const { keyFile } = findPlaces(options);
  if (!(await createKeyStore(keyFile).revoke(id))) {
    throw new FustorError(
      "USAGE",
      `There is no key "${id}" in ${keyFile}. See: fustor-fusion keys list`,
    );
  }
  process.stdout.write(`The key ${id} is revoked; a running Fusion refuses it within seconds.\n`);
  return 0;
}

/** The keys for people, in lines that fit into `width`. */
export function formatKeys(keys: readonly KeyInfo[], width: number): string[] {
  if (keys.length === 0) {
    return ["There is no key. Make one: fustor-fusion keys create --scope ingest:default"];
  }
  return formatTable(COLUMNS, keys, width);
}

const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });

const COLUMNS: readonly Column<KeyInfo>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name ?? "-" },
  { title: "SCOPES", value: ({ scopes }) => scopes.join(", ") },
  { title: "CREATED", value: ({ createdAt }) => day.format(createdAt) },
];
