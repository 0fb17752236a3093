import { FustorError } from "@fustor/core";
import type {
  ChangesPage,
  CoverageReply,
  EntriesEnd,
  EntriesQuery,
  EntriesReply,
  EntryField,
  EntryJson,
  EntryReply,
  ExplainReply,
  KeyJson,
  KeyMade,
  KeyRequest,
  Keys,
  RootAccepted,
  RootJson,
  RootsReply,
  ScanJob,
  ScanJobs,
  UsageReply,
} from "@fustor/protocol";
import type { TreeNode, ViewInfo, ViewStats } from "./answers.js";
import { cutOff } from "./failures.js";
import { readLines } from "./lines.js";
import { ask, eitherSignal, parse, send, type Address, type Call } from "./transport.js";

export interface ClientOptions {
  /** Where Fusion answers, e.g. `http://127.0.0.1:8102`. */
  readonly endpoint: string;
  /** A key with the scope `query:VIEW`. */
  readonly key: string;
  /** Default: `default`. */
  readonly view?: string;
  /** Ends all calls. */
  readonly signal?: AbortSignal;
  /** Instead of the global one: it may trust other authorities, or show a certificate. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** A path of the view from `/` on; or anything an answer said of one, whose bytes are then used. */
export type PathLike = string | { readonly path?: string; readonly path_b64?: string };

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What `entries` can be asked besides its path; see docs/query-reference.md. */
export type EntriesOptions = CallOptions & {
  readonly [Key in keyof Omit<EntriesQuery, "path" | "path_b64" | "fields">]?:
    EntriesQuery[Key] | undefined;
} & { readonly fields?: readonly EntryField[] | undefined };

export interface ChangesOptions extends CallOptions {
  /** The cursor of the page before. Default: from now on. */
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
}

/** What a new key may do, and until when. */
export interface NewKeyOptions extends CallOptions {
  readonly name?: string | undefined;
  /** `query:VIEW`, `query:VIEW/PATH`, `ingest:PIPE` or `admin`. */
  readonly scopes: readonly string[];
  /** Seconds since the epoch. Default: it does not end by itself. */
  readonly expiresAt?: number | undefined;
}

/** How long one call of `follow` waits for news. */
const WAIT_S = 30;

/**
 * Asks one view of a Fusion. Every failure is a `FustorError`: `NOT_RUNNING` when nothing answers,
 * `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND` for a view or path, `NOT_READY` before a first snapshot
 * or when too many ask, `USAGE` for what cannot be asked, `SEND_FAILED` for the rest.
 *
 * The calls about keys are of the whole Fusion, and need a key with the scope `admin`.
 */
export class FustorClient {
  readonly view: string;
  readonly #address: Address;

  /** Throws `USAGE` for an endpoint that is no address. Nothing is sent yet. */
  constructor({ endpoint, key, view = "default", signal, ...given }: ClientOptions) {
    if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint)) {
      throw new FustorError(
        "USAGE",
        `"${endpoint}" is no address of a Fusion. Write it like http://127.0.0.1:8102`,
      );
    }
    this.view = view;
    const trimmed = endpoint.replace(/\/+$/, "");
    this.#address = { endpoint: trimmed, key, view, signal, fetch: given.fetch ?? globalFetch };
  }

  /** The views that the key may ask. */
  async views({ signal }: CallOptions = {}): Promise<readonly ViewInfo[]> {
    const call = { url: "/views", signal };
    return ((await ask(this.#address, call)) as { views: readonly ViewInfo[] }).views;
  }

  /** One page of what stands below a path and answers all questions. */
  entries(path: PathLike, options: EntriesOptions = {}): Promise<EntriesReply> {
    return this.#ask(entriesCall(path, options));
  }

  /**
   * Everything that stands below a path and answers all questions, as it comes: in no order unless
   * `sort` asks for one. Returns how the answer ended; throws `SEND_FAILED` when it was cut off.
   */
  async *eachEntry(
    path: PathLike,
    options: EntriesOptions = {},
  ): AsyncGenerator<EntryJson, EntriesEnd> {
    const call = { ...entriesCall(path, options), accept: "application/x-ndjson" };
    const { body } = await send(this.#address, this.#ofView(call));
    if (body === null) throw cutOff(this.#address);
    try {
      for await (const line of readLines(body)) {
        const row = parse(line, this.#address) as EntryJson | EntriesEnd;
        if ("meta" in row) return row;
        yield row;
      }
    } catch (error) {
      if (error instanceof FustorError) throw error;
      eitherSignal(this.#address.signal, options.signal)?.throwIfAborted();
      throw cutOff(this.#address, error);
    }
    throw cutOff(this.#address);
  }

  /** One node, and how far it may be trusted. */
  entry(path: PathLike, options: CallOptions = {}): Promise<EntryReply> {
    return this.#ask(pathCall("/entry", path, options));
  }

  /** Why a name is shown as it is, or not at all. */
  explain(path: PathLike, options: CallOptions = {}): Promise<ExplainReply> {
    return this.#ask(pathCall("/explain", path, options));
  }

  /** What a path and its children take up. */
  usage(
    path: PathLike,
    {
      depth,
      top,
      ...options
    }: CallOptions & { readonly depth?: number; readonly top?: number } = {},
  ): Promise<UsageReply> {
    return this.#ask(pathCall("/usage", path, options, { depth, top }));
  }

  /** How well a directory and all below it are known. */
  coverage(path: PathLike, options: CallOptions = {}): Promise<CoverageReply> {
    return this.#ask(pathCall("/coverage", path, options));
  }

  /** A path and what is below it, nested. Throws `NOT_READY` before a first snapshot. */
  async tree(
    path: PathLike,
    { maxDepth, ...options }: CallOptions & { readonly maxDepth?: number } = {},
  ): Promise<TreeNode> {
    const call = pathCall("/tree", path, options, { max_depth: maxDepth });
    return (await this.#ask<{ data: TreeNode }>(call)).data;
  }

  /** The figures of the view. Throws `NOT_READY` before a first snapshot. */
  stats({ signal }: CallOptions = {}): Promise<ViewStats> {
    return this.#ask({ url: "/stats", signal });
  }

  /** What happened at and below a path since a cursor; waits for it up to `wait` seconds, 60 at most. */
  changes(
    path: PathLike = "/",
    { since, limit, wait, signal }: ChangesOptions & { readonly wait?: number | undefined } = {},
  ): Promise<ChangesPage> {
    return this.#ask(pathCall("/changes", path, { signal }, { since, limit, wait }));
  }

  /**
   * Follows a path: first a page that says where it begins, then one whenever something happened. A
   * page with `reset` means that what happened since cannot be told: read the view anew, and go on.
   *
   * It throws when Fusion cannot be reached; begin again with `since`, the last page's cursor, and
   * nothing is left out in silence.
   */
  async *follow(
    path: PathLike = "/",
    { since, limit, signal }: ChangesOptions = {},
  ): AsyncGenerator<ChangesPage, never> {
    let page = await this.changes(path, { since, limit, signal });
    yield page;
    for (;;) {
      page = await this.changes(path, { since: page.cursor, limit, signal, wait: WAIT_S });
      if (page.events.length > 0 || page.reset !== undefined) yield page;
    }
  }

  /** The listings that somebody asked for, the newest first. */
  async scans({ signal }: CallOptions = {}): Promise<readonly ScanJob[]> {
    return (await this.#ask<ScanJobs>({ url: "/scans", signal })).scans;
  }

  /** Asks the agent that leads to list a directory again. */
  scan(
    path: PathLike,
    { recursive = false, signal }: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<ScanJob> {
    const body = { ...pathParameters(path), recursive };
    return this.#ask({ method: "POST", url: "/scans", body, signal });
  }

  /** How a listing that was asked for stands. */
  scanJob(id: string, { signal }: CallOptions = {}): Promise<ScanJob> {
    return this.#ask({ url: `/scans/${encodeURIComponent(id)}`, signal });
  }

  /** Ends a listing that was asked for. */
  cancelScan(id: string, { signal }: CallOptions = {}): Promise<ScanJob> {
    return this.#ask({ method: "DELETE", url: `/scans/${encodeURIComponent(id)}`, signal });
  }

  /** The roots that agents report, and those with which agents were refused lately. */
  async roots({ signal }: CallOptions = {}): Promise<readonly RootJson[]> {
    return (await this.#ask<RootsReply>({ url: "/roots", signal })).roots;
  }

  /**
   * Takes the root with which an agent was refused for the right one. Needs a key with the scope
   * `admin`; throws `NOT_FOUND` when the agent was not refused lately.
   */
  acceptRoot(agentId: string, { signal }: CallOptions = {}): Promise<RootAccepted> {
    const url = `/roots/${encodeURIComponent(agentId)}/accept`;
    return this.#ask({ method: "POST", url, scope: "admin", signal });
  }

  /** All keys, the oldest first, without their secrets. */
  async keys({ signal }: CallOptions = {}): Promise<readonly KeyJson[]> {
    const call = { ...KEYS, signal };
    return ((await ask(this.#address, call)) as Keys).keys;
  }

  /** Makes a key. It is in this answer and nowhere else. */
  async createKey({ name, scopes, expiresAt, signal }: NewKeyOptions): Promise<KeyMade> {
    const body: KeyRequest = {
      scopes,
      ...(name === undefined ? {} : { name }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    };
    return (await ask(this.#address, { ...KEYS, method: "POST", body, signal })) as KeyMade;
  }

  /** Ends a key at once. Throws `NOT_FOUND` for none, and `USAGE` for the one that asks. */
  async revokeKey(id: string, { signal }: CallOptions = {}): Promise<void> {
    const url = `${KEYS.url}/${encodeURIComponent(id)}`;
    const { body } = await send(this.#address, { ...KEYS, method: "DELETE", url, signal });
    await body?.cancel();
  }

  /** The caller knows what Fusion answers to this call. */
  async #ask<Answer>(call: Call): Promise<Answer> {
    return (await ask(this.#address, this.#ofView(call))) as Answer;
  }

  #ofView(call: Call): Call {
    return { ...call, url: `/views/${encodeURIComponent(this.view)}${call.url}` };
  }
}

const KEYS = { url: "/keys", scope: "admin" } as const;

/** In a browser it works as a function of nothing else. */
const globalFetch = (url: string, init: RequestInit): Promise<Response> => fetch(url, init);

function pathCall(
  url: string,
  path: PathLike,
  { signal }: CallOptions,
  parameters: Call["parameters"] = {},
): Call {
  const shown = typeof path === "string" ? path : path.path;
  return { url, parameters: { ...pathParameters(path), ...parameters }, path: shown, signal };
}

function entriesCall(path: PathLike, { signal, fields, ...parameters }: EntriesOptions): Call {
  const list = fields === undefined ? {} : { fields: fields.join(",") };
  return pathCall("/entries", path, { signal }, { ...parameters, ...list });
}

/** The bytes, where an answer had them: the text of such a path names another file. */
function pathParameters(path: PathLike): { readonly path: string } | { readonly path_b64: string } {
  if (typeof path === "string") return { path };
  return path.path_b64 === undefined ? { path: path.path ?? "/" } : { path_b64: path.path_b64 };
}
