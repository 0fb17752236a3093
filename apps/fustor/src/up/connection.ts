import { writeHomeFile } from "@fustor/core/host";
import { readFile } from "node:fs/promises";
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
  await writeHomeFile(home, "connection.json", `${JSON.stringify(connection, undefined, 2)}\n`);
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
