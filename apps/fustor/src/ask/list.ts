import type { EntryJson, EntryField, FustorClient } from "@fustor/client";
import { connect, type ConnectOptions } from "./connect.js";
import { formatMode, formatTime } from "./figures.js";
import { rawPath, toViewPath } from "./names.js";
import { Output } from "./output.js";

export interface ListOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly nul?: boolean;
  readonly long?: boolean;
}

const FIELDS = [
  "path",
  "name",
  "type",
  "size",
  "mode",
  "nlink",
  "uid",
  "gid",
  "mtime",
  "suspect",
] as const satisfies readonly EntryField[];

/** `fustor ls`: what is in a directory, or the file at a path. */
export async function ls(path: string, options: ListOptions): Promise<number> {
  const { client } = await connect(options);
  return printEach(readDirectory(client, toViewPath(path)), options, (entry) => {
    const raw = rawPath(entry);
    return raw.slice(raw.lastIndexOf("/") + 1) || "/";
  });
}

/** `fustor search`: paths whose name contains a text, without case. */
export async function search(text: string, options: ListOptions): Promise<number> {
  const { client } = await connect(options);
  return printEach(client.eachEntry("/", { name: text, fields: FIELDS }), options, rawPath);
}

async function* readDirectory(client: FustorClient, path: string): AsyncGenerator<EntryJson> {
  const { entry } = await client.entry(path);
  if (entry.type === "d") {
    yield* client.eachEntry(path, { recursive: false, sort: "name", fields: FIELDS });
  } else yield entry;
}

async function printEach(
  entries: AsyncIterable<EntryJson>,
  { json = false, nul = false, long = false }: ListOptions,
  toName: (entry: EntryJson) => string,
): Promise<number> {
  const out = new Output();
  for await (const entry of entries) {
    if (!out.isOpen) break;
    if (json) out.add(`${JSON.stringify(entry)}\n`);
    else {
      if (long) out.add(`${formatFacts(entry)} `);
      out.addName(toName(entry), { nul });
    }
    await out.flush();
  }
  await out.flush({ now: true });
  return 0;
}

function formatFacts({ type, mode, nlink, uid, gid, size, mtime }: EntryJson): string {
  return [
    formatMode(type, mode),
    String(nlink ?? "?").padStart(3),
    String(uid ?? "?").padStart(5),
    String(gid ?? "?").padStart(5),
    String(size ?? "?").padStart(12),
    formatTime(mtime),
  ].join(" ");
}
