import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** `$FUSTOR_HOME/connection.json`: how programs of this user find the pair. */
export interface Connection {
  readonly endpoint: string;
  readonly query_key: string;
  readonly console_url: string;
  readonly agent_console_url: string;
  readonly view: string;
}

/** Replaces the file as a whole; for this user alone, since it holds a key. */
export async function writeConnection(home: string, connection: Connection): Promise<void> {
  const fresh = join(home, `connection.json.${String(process.pid)}`);
  await writeFile(fresh, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  await rename(fresh, join(home, "connection.json"));
}

/** What an earlier pair wrote; empty when there is nothing usable. */
export async function readConnection(home: string): Promise<Partial<Connection>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(home, "connection.json"), "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // Absent or torn: a new one is written in its place.
    return {};
  }
}
