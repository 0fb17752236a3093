import type {
  Clock,
  ConfigOf,
  ListingMessage,
  Message,
  MessageSource,
  Observation,
  SourceDescription,
  SourceDriver,
} from "@fustor/core";
import type { configSchema } from "./config.js";
import { FIELDS, readLines, toRows } from "./lines.js";

/** The whole file is one scope. */
const SCOPE = "/";

/** Follows an append-only file of JSON lines. */
export class JsonlSource implements SourceDriver {
  readonly #path: string;
  readonly #pollMs: number;
  readonly #clock: Clock;
  #snapshots = 0;

  constructor({ path, poll_ms }: ConfigOf<typeof configSchema>, clock: Clock) {
    this.#path = path;
    this.#pollMs = poll_ms;
    this.#clock = clock;
  }

  async describe(signal: AbortSignal): Promise<SourceDescription> {
    await readLines(this.#path, signal);
    const identity = `jsonl:${this.#path}`;
    return { schema: "jsonl", uri: this.#path, identity, scope: {}, facts: {} };
  }

  async watch(signal: AbortSignal): Promise<AsyncIterable<Message>> {
    // Read before `watch` resolves, so that no line falls between the two.
    const { text } = await readLines(this.#path, signal);
    return this.#follow(text, signal);
  }

  async *snapshot(signal: AbortSignal): AsyncGenerator<Message> {
    this.#snapshots += 1;
    const startedAt = this.#clock.now();
    const walk = { walk: "snapshot", id: String(this.#snapshots), scope: SCOPE } as const;
    yield { kind: "mark", edge: "begin", ...walk, ...this.#seen("snapshot", startedAt) };
    const listing = await this.#list("snapshot", signal);
    yield listing;
    const totals = { scopes: 1, rows: listing.entries.rows.length, unreadable: 0 };
    yield { kind: "mark", edge: "end", ...walk, ...this.#seen("snapshot", startedAt), totals };
  }

  async close(): Promise<void> {
    // Nothing stays open between two looks.
  }

  async *#follow(known: string, signal: AbortSignal): AsyncGenerator<Message> {
    let before = known;
    for (;;) {
      await this.#clock.sleep(this.#pollMs, signal);
      const startedAt = this.#clock.now();
      const { text } = await readLines(this.#path, signal);
      if (text.startsWith(before)) {
        const rows = toRows(text.slice(before.length)).map(([id, json]) => [
          `/${String(id)}`,
          json ?? null,
        ]);
        const upserts = { fields: FIELDS, rows };
        const seen = this.#seen("realtime", startedAt);
        if (rows.length > 0) yield { kind: "change", ...seen, upserts, deletes: [] };
      } else {
        // The file was rewritten. Say so, then tell everything again: ids that are missing are gone.
        const reason = "file rewritten";
        yield { kind: "lost", ...this.#seen("realtime", startedAt), scope: SCOPE, reason };
        yield await this.#list("on_demand", signal);
      }
      before = text;
    }
  }

  /** All rows: a complete listing proves that there are no others. */
  async #list(source: MessageSource, signal: AbortSignal): Promise<ListingMessage> {
    const startedAt = this.#clock.now();
    const { rows } = await readLines(this.#path, signal);
    const seen = this.#seen(source, startedAt);
    const entries = { fields: FIELDS, rows };
    return { kind: "listing", ...seen, scope: SCOPE, entries, complete: true, part: 0, last: true };
  }

  #seen(source: MessageSource, startedAt: number): Observation {
    return { source, startedAt, endedAt: this.#clock.now() };
  }
}
