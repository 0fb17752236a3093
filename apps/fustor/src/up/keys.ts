import { writeHomeFile } from "@fustor/core/host";
import { createKeyStore, type KeyStore } from "@fustor/server";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareUpFolder } from "./configs.js";
import { readConnection } from "./connection.js";

export interface UpKeys {
  /** For questions to the view. */
  readonly query: string;
  /** The file that holds the agent's key. */
  readonly ingestFile: string;
}

const INGEST_FILE = join("up", "ingest-key");
const ADMIN_FILE = join("up", "admin-key");

/** The keys of a pair in `home`: those of the last time as long as they are valid, else new ones. */
export async function prepareKeys(home: string, view: string): Promise<UpKeys> {
  const store = createKeyStore(join(home, "keys.json"));
  await prepareUpFolder(home);
  const { query_key: oldQuery = "" } = await readConnection(home);
  const query = await keepOrCreate(store, oldQuery, `query:${view}`, "questions (fustor up)");

  const keep = async (file: string, scope: Scope, name: string): Promise<void> => {
    const old = await readKey(home, file);
    const key = await keepOrCreate(store, old, scope, name);
    if (key !== old) await writeHomeFile(home, file, `${key}\n`);
  };
  await keep(INGEST_FILE, `ingest:${view}`, "agent (fustor up)");
  await keep(ADMIN_FILE, "admin", "decisions (fustor up)");
  return { query, ingestFile: join(home, INGEST_FILE) };
}

/** With which commands of this user decide something in the pair; undefined before there was one. */
export async function readAdminKey(home: string): Promise<string | undefined> {
  return (await readKey(home, ADMIN_FILE)) || undefined;
}

async function readKey(home: string, file: string): Promise<string> {
  return (await readFile(join(home, file), "utf8").catch(() => "")).trim();
}

type Scope = "admin" | `ingest:${string}` | `query:${string}`;

async function keepOrCreate(
  store: KeyStore,
  old: string,
  scope: Scope,
  name: string,
): Promise<string> {
  if (store.check(old)?.allows(scope) === true) return old;
  return (await store.create({ scopes: [scope], name })).key;
}
