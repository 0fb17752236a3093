import { FustorError } from "@fustor/core";
import { formatTable, print, printValue, type Column } from "@fustor/core/cli";
import { findPlaces, prepareHome, type PlaceOptions } from "@fustor/core/host";
import { createKeyStore, pipesOf, type KeyInfo } from "@fustor/server";
import { join } from "node:path";
import { planFusion } from "../plan.js";

export interface CreateKeyOptions extends PlaceOptions {
  readonly scope: readonly string[];
  readonly name?: string;
  readonly json?: boolean;
}

/** Makes a key and prints it, for the only time. */
export async function createKey(options: CreateKeyOptions): Promise<number> {
  const { home, file } = findKeys(options);
  await prepareHome(home);
  const { id, key } = await createKeyStore(file).create({
    scopes: options.scope,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  for (const warning of await findUnknownNames(options)) process.stderr.write(`${warning}\n`);
  if (options.json === true) {
    print([JSON.stringify({ id, key, scopes: options.scope })]);
    return 0;
  }
  print([key]);
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
  const keys = await createKeyStore(findKeys(options).file).list();
  printValue(keys, options, formatKeys);
  return 0;
}

/** Makes a key useless. Fails when there is no such key. */
export async function revokeKey(id: string, options: PlaceOptions): Promise<number> {
  const { file } = findKeys(options);
  if (!(await createKeyStore(file).revoke(id))) {
    throw new FustorError(
      "USAGE",
      `There is no key "${id}" in ${file}. See: fustor-fusion keys list`,
    );
  }
  print([`The key ${id} is revoked; a running Fusion refuses it within seconds.`]);
  return 0;
}

/**
 * A key may be made before the view or pipe that it is for; more often the name has a slip. A
 * configuration that cannot be read is no matter of keys.
 */
async function findUnknownNames(options: CreateKeyOptions): Promise<string[]> {
  const plan = await planFusion(findPlaces("fusion", options)).catch(() => undefined);
  if (plan === undefined) return [];
  const known = {
    query: plan.config.views.map(({ id }) => id),
    ingest: pipesOf(plan.config).map(({ id }) => id),
  };
  return options.scope.flatMap((scope) => {
    const [kind, name = ""] = scope.split(":");
    if ((kind !== "query" && kind !== "ingest") || known[kind].includes(name)) return [];
    const noun = kind === "query" ? "view" : "pipe";
    const there = `there are ${known[kind].join(", ")}`;
    return [`Note: the configuration of this Fusion has no ${noun} "${name}"; ${there}.`];
  });
}

function findKeys(options: PlaceOptions): { readonly home: string; readonly file: string } {
  const { home } = findPlaces("fusion", options);
  return { home, file: join(home, "keys.json") };
}

/** The keys for people, in lines that fit into `width`. */
function formatKeys(keys: readonly KeyInfo[], width: number): string[] {
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
