import type { MarkMessage, Message } from "@fustor/core";
import { checkV1Rows, fromV1Events } from "./decode-v1.js";
import type { V1IngestRequest } from "./v1.js";
import { V1Audit } from "./v1-audit.js";
import { V1Times } from "./v1-times.js";

interface Walk {
  readonly kind: "snapshot" | "audit";
  readonly id: string;
  readonly audit: V1Audit;
  rows: number;
  /** A batch of it was refused or lost. */
  isSpoiled: boolean;
}

/**
 * Turns what one v1 session sends into our messages: a walk begins with its first row and ends
 * with `is_end`; an audit yields, at its end, the listings that it proves. A snapshot with a hole in it
 * never ends.
 *
 * All times are the receiver's, so a v1 speaker has no clock offset.
 */
export class V1Reader {
  readonly #sessionId: string;
  readonly #auditRowsMax: number | undefined;
  readonly #times = new V1Times();
  readonly #open = new Map<Walk["kind"], Walk>();
  readonly #ended = new Set<Walk["kind"]>();
  /** The first batch of a snapshot was refused: the snapshot that comes lacks it. */
  #lacksFirst = false;
  #walks = 0;

  constructor(sessionId: string, options: { readonly auditRowsMax?: number } = {}) {
    this.#sessionId = sessionId;
    this.#auditRowsMax = options.auditRowsMax;
  }

  /** True between an audit's first row and its end. */
  get isAuditing(): boolean {
    return this.#open.has("audit");
  }

  /**
   * Reads a body that passed `v1IngestRequestSchema`. `receivedAt` is the receiver's clock, ms.
   *
   * Throws `DecodeError`; then nothing of the body was used, and `fail` has happened.
   */
  read(body: V1IngestRequest, receivedAt: number): Message[] {
    try {
      checkV1Rows(body);
    } catch (error) {
      this.#lacksFirst ||= body.source_type === "snapshot" && !this.#open.has("snapshot");
      this.fail();
      throw error;
    }
    const { source_type: type, events, is_end = false } = body;
    const changes = fromV1Events(events, type, { receivedAt, times: this.#times });
    if (type !== "snapshot" && type !== "audit") return changes;

    // The existing agents say the end twice: with the last rows, and with none.
    const isIdle = events.length === 0 && !this.#open.has(type);
    if (isIdle && (!is_end || this.#ended.has(type))) return [];
    const startedAt = changes.reduce((first, { startedAt: at }) => Math.min(first, at), receivedAt);
    const messages: Message[] = [];
    const walk = this.#open.get(type) ?? this.#begin(type, startedAt, messages);
    messages.push(...changes);
    this.#collect(walk, body, receivedAt);
    if (is_end) this.#end(walk, receivedAt, messages);
    return messages;
  }

  /**
   * A body of this session was refused or lost: a running audit proves nothing any more, and a
   * running snapshot never ends.
   */
  fail(): void {
    for (const walk of this.#open.values()) {
      walk.isSpoiled = true;
      walk.audit.spoil();
    }
  }

  #begin(kind: Walk["kind"], startedAt: number, messages: Message[]): Walk {
    this.#walks += 1;
    const limit = this.#auditRowsMax;
    const walk: Walk = {
      kind,
      id: `${this.#sessionId}-${String(this.#walks)}`,
      audit: new V1Audit(limit === undefined ? {} : { rowsMax: limit }),
      rows: 0,
      isSpoiled: kind === "snapshot" && this.#lacksFirst,
    };
    if (kind === "snapshot") this.#lacksFirst = false;
    this.#open.set(kind, walk);
    messages.push(mark(walk, "begin", startedAt));
    return walk;
  }

  #collect(walk: Walk, { events }: V1IngestRequest, receivedAt: number): void {
    for (const { index, rows, event_type } of events) {
      walk.rows += rows.length;
      if (walk.kind !== "audit" || event_type === "delete") continue;
      const seenAt = this.#times.read(index, receivedAt);
      for (const row of rows) walk.audit.add(row, seenAt);
    }
  }

  #end(walk: Walk, endedAt: number, messages: Message[]): void {
    this.#open.delete(walk.kind);
    this.#ended.add(walk.kind);
    if (walk.kind === "snapshot" && walk.isSpoiled) return;
    const listings = walk.audit.end(endedAt);
    messages.push(...listings, {
      ...mark(walk, "end", endedAt),
      totals: { scopes: listings.length, rows: walk.rows, unreadable: 0 },
    });
  }
}

function mark({ kind, id }: Walk, edge: "begin" | "end", at: number): MarkMessage {
  return {
    kind: "mark",
    source: kind,
    startedAt: at,
    endedAt: at,
    walk: kind,
    edge,
    id,
    scope: "/",
  };
}
