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

/** The keys of a pair in `home`: those of the last time as long as they are valid, else new ones. */
export async function prepareKeys(home: string, view: string): Promise<UpKeys> {
  const store = createKeyStore(join(home, "keys.json"));
  await prepareUpFolder(home);
  const ingestFile = join(home, INGEST_FILE);
  const { query_key: oldQuery = "" } = await readConnection(home);
  const query = await keepOrCreate(store, oldQuery, `query:${view}`, "questions (fustor up)");

  const oldIngest = await readFile(ingestFile, "utf8").catch(() => "");
  const ingest = await keepOrCreate(store, oldIngest.trim(), `ingest:${view}`, "agent (fustor up)");
  if (ingest !== oldIngest.trim()) await writeHomeFile(home, INGEST_FILE, `${ingest}\n`);
  return { query, ingestFile };
}

async function keepOrCreate(
  store: KeyStore,
  old: string,
  scope: `ingest:${string}` | `query:${string}`,
  name: string,
): Promise<string> {
  if (store.check(old)?.allows(scope) === true) return old;
  return (await store.create({ scopes: [scope], name })).key;
}
