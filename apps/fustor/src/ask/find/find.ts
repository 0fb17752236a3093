import type { EntriesOptions, EntryJson, FustorClient } from "@fustor/client";
import { hasCode } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { isBelow } from "@fustor/schema-fs";
import { connect, type ConnectOptions } from "../connect.js";
import { rawPath, toViewPath } from "../names.js";
import { Output } from "../output.js";
import { parseExpression, type Expression, type PrintOptions } from "./expression.js";
import { BASIC_FIELDS, type Found } from "./found.js";

export interface FindOptions extends ConnectOptions, PrintOptions {}

/**
 * Prints what stands at and below some paths and passes an expression. Returns 1 when a path is not
 * there.
 */
export async function find(words: readonly string[], options: FindOptions): Promise<number> {
  const begin = words.findIndex((word) => /^(?:-.|[!()]$)/.test(word));
  const starts = begin < 0 ? words : words.slice(0, begin);
  const clock = createSystemClock();
  const now = BigInt(Math.floor(clock.now() * 1_000)) * 1_000n;
  const expression = parseExpression(begin < 0 ? [] : words.slice(begin), { ...options, now });
  const { client } = await connect(options);
  const out = new Output();
  let code = 0;
  for (const start of starts.length === 0 ? ["/"] : starts) {
    try {
      await findBelow(client, start, expression, out);
    } catch (error) {
      if (!hasCode(error, "NOT_FOUND") || !(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
      code = 1;
    } finally {
      await out.flush({ now: true });
    }
  }
  return code;
}

async function findBelow(
  client: FustorClient,
  start: string,
  expression: Expression,
  out: Output,
): Promise<void> {
  const path = toViewPath(start);
  const rows = readRows(client, path, expression);
  const { minDepth, maxDepth, run, asksEmpty } = expression;
  const prefix = start.endsWith("/") ? start : `${start}/`;
  let pruned: string | undefined;
  for await (const { entry, isEmpty } of asksEmpty ? withEmptiness(rows) : withoutEmptiness(rows)) {
    if (!out.isOpen) return;
    const below = rawPath(entry).slice(path === "/" ? 1 : path.length + 1);
    const depth = below === "" ? 0 : below.split("/").length;
    if (depth < minDepth || depth > maxDepth) continue;
    if (pruned !== undefined && isBelow(`/${below}`, pruned)) continue;
    const shown = below === "" ? start : prefix + below;
    const prune = (): void => {
      if (entry.type === "d") pruned = `/${below}`;
    };
    const found: Found = { entry, shown, relative: below, depth, isEmpty, prune };
    run(found, out);
    await out.flush();
  }
}

/** What stands at a path, and then below it. */
async function* readRows(
  client: FustorClient,
  path: string,
  { maxDepth, asksEmpty, prunes, fields, name, types }: Expression,
): AsyncGenerator<EntryJson> {
  const { entry } = await client.entry(path);
  yield entry;
  if (entry.type !== "d" || (maxDepth === 0 && !asksEmpty)) return;
  const question: EntriesOptions = { fields: [...new Set([...BASIC_FIELDS, ...fields])] };
  // In the order of a walk what is in a directory follows it at once.
  if (asksEmpty) yield* client.eachEntry(path, { ...question, sort: "path" });
  else {
    yield* client.eachEntry(path, {
      ...question,
      ...(maxDepth === 1 ? { recursive: false } : {}),
      ...(prunes ? { sort: "path" } : {}),
      ...(name === "" ? {} : { name }),
      ...(types === undefined ? {} : { type: types.join(",") }),
    });
  }
}

interface Row {
  readonly entry: EntryJson;
  readonly isEmpty: boolean;
}

async function* withoutEmptiness(rows: AsyncIterable<EntryJson>): AsyncGenerator<Row> {
  for await (const entry of rows) yield { entry, isEmpty: false };
}

/** Tells one row late: only the next one says whether a directory has something in it. */
async function* withEmptiness(rows: AsyncIterable<EntryJson>): AsyncGenerator<Row> {
  let before: EntryJson | undefined;
  for await (const entry of rows) {
    if (before !== undefined) yield { entry: before, isEmpty: isEmpty(before, entry) };
    before = entry;
  }
  if (before !== undefined) yield { entry: before, isEmpty: isEmpty(before, undefined) };
}

function isEmpty(entry: EntryJson, next: EntryJson | undefined): boolean {
  if (entry.type !== "d") return entry.type === "f" && entry.size === 0;
  const path = rawPath(entry);
  return next === undefined || !rawPath(next).startsWith(path === "/" ? path : `${path}/`);
}
