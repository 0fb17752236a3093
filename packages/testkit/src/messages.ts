import type {
  ChangeMessage,
  DigestMessage,
  ListingMessage,
  LostMessage,
  MarkMessage,
  Message,
  MessageSource,
  Move,
} from "@fustor/core";

interface Told {
  readonly at?: number;
  readonly source?: MessageSource;
}

const observed = ({ at = 0, source = "realtime" }: Told) => ({
  source,
  startedAt: at,
  endedAt: at,
});

/** A change with one field `size` besides the key. */
export function changeOf(
  facts: Told & {
    readonly upserts?: Readonly<Record<string, number>>;
    readonly deletes?: readonly string[];
    readonly moves?: readonly Move[];
  },
): ChangeMessage {
  return {
    kind: "change",
    ...observed(facts),
    upserts: { fields: ["path", "size"], rows: Object.entries(facts.upserts ?? {}) },
    deletes: facts.deletes ?? [],
    ...(facts.moves === undefined ? {} : { moves: facts.moves }),
  };
}

/** A listing, whole and complete unless told otherwise. */
export function listingOf(
  scope: string,
  entries: Readonly<Record<string, number>> = {},
  options: Told & {
    readonly complete?: boolean;
    readonly part?: number;
    readonly last?: boolean;
  } = {},
): ListingMessage {
  return {
    kind: "listing",
    ...observed({ source: "snapshot", ...options }),
    scope,
    entries: { fields: ["name", "size"], rows: Object.entries(entries) },
    complete: options.complete ?? true,
    part: options.part ?? 0,
    last: options.last ?? true,
  };
}

/** A digest in place of a listing of `count` rows. */
export function digestOf(scope: string, digest: string, count = 0, told: Told = {}): DigestMessage {
  return {
    kind: "digest",
    ...observed({ source: "snapshot", ...told }),
    scope,
    digest,
    count,
    self: { fields: ["name", "size"], rows: [["", 0]] },
  };
}

/** A gap. */
export function lostOf(scope: string, reason = "queue overflow", told: Told = {}): LostMessage {
  return { kind: "lost", ...observed(told), scope, reason };
}

/** One end of a walk. */
export function markOf(
  walk: MarkMessage["walk"],
  edge: MarkMessage["edge"],
  id = "w1",
  scope = "/",
): MarkMessage {
  const source = walk === "scan" ? "on_demand" : walk;
  return { kind: "mark", ...observed({ source }), walk, edge, id, scope };
}

/** A walk of the listings given, between its marks. */
export function walkOf(
  walk: MarkMessage["walk"],
  listings: readonly Message[] = [],
  id = "w1",
  scope = "/",
): Message[] {
  return [markOf(walk, "begin", id, scope), ...listings, markOf(walk, "end", id, scope)];
}
