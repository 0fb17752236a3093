import type {
  Message,
  ScanRequest,
  SourceDescription,
  SourceDriver,
  SourceStatus,
  WalkRequest,
} from "@fustor/core";
import { walkOf } from "./messages.js";

type Said = AsyncIterable<Message> | Iterable<Message>;
type Walk = (signal: AbortSignal, request: WalkRequest) => Said;

/** What a scripted source can do and what it says. */
export interface ScriptedSourceOptions {
  readonly description?: Partial<SourceDescription>;
  /** Default: an empty walk. */
  readonly snapshot?: Walk;
  /** Without it the source has no `audit`. */
  readonly audit?: Walk;
  /** Without it the source has no `scan`. */
  readonly scan?: (request: ScanRequest, signal: AbortSignal) => Said;
  /** Without it the source has no `probe`. */
  readonly probe?: (keys: readonly string[], signal: AbortSignal) => Said;
}

/** A source whose words a test puts into its mouth. */
export class ScriptedSource implements SourceDriver {
  /**
   * Every call in order, e.g. `describe`, `watch`, `snapshot`, `audit by digest`, `scan /a`,
   * `probe /a /b`.
   */
  readonly calls: string[] = [];
  readonly audit?: (signal: AbortSignal, request?: WalkRequest) => AsyncIterable<Message>;
  readonly scan?: (request: ScanRequest, signal: AbortSignal) => AsyncIterable<Message>;
  readonly probe?: (keys: readonly string[], signal: AbortSignal) => AsyncIterable<Message>;
  description: SourceDescription;
  state: SourceStatus = {};
  closed = false;
  readonly #snapshot: Walk;
  readonly #failures = new Map<string, Error[]>();
  #said: Message[] = [];
  #watchError: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(options: ScriptedSourceOptions = {}) {
    this.description = {
      schema: "scripted",
      uri: "scripted://test",
      identity: "scripted",
      scope: {},
      facts: {},
      ...options.description,
    };
    this.#snapshot = options.snapshot ?? (() => walkOf("snapshot"));
    const { audit, scan, probe } = options;
    if (audit !== undefined) {
      this.audit = (signal, request = {}) =>
        this.#walk("audit", callOf("audit", request), (s) => audit(s, request), signal);
    }
    if (probe !== undefined) {
      this.probe = (keys, signal) =>
        this.#walk("probe", `probe ${keys.join(" ")}`, (s) => probe(keys, s), signal);
    }
    if (scan !== undefined) {
      this.scan = (request, signal) =>
        this.#walk("scan", `scan ${request.scope}`, (s) => scan(request, s), signal);
    }
  }

  /** Says something through the watch that stands, or the next one. */
  emit(...messages: readonly Message[]): void {
    this.#said.push(...messages);
    this.#wake();
  }

  /** Lets the next call of a method fail. */
  failNext(
    method: "describe" | "watch" | "snapshot" | "audit" | "scan" | "probe",
    error: Error,
  ): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
  }

  /** Ends the watch that stands with an error. */
  breakWatch(error: Error): void {
    this.#watchError = error;
    this.#wake();
  }

  async describe(): Promise<SourceDescription> {
    this.#enter("describe", "describe");
    return this.description;
  }

  async watch(signal: AbortSignal): Promise<AsyncIterable<Message>> {
    this.#enter("watch", "watch");
    return this.#follow(signal);
  }

  snapshot(signal: AbortSignal, request: WalkRequest = {}): AsyncIterable<Message> {
    const walk = (s: AbortSignal) => this.#snapshot(s, request);
    return this.#walk("snapshot", callOf("snapshot", request), walk, signal);
  }

  status(): SourceStatus {
    return this.state;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async *#walk(
    method: string,
    call: string,
    walk: (signal: AbortSignal) => Said,
    signal: AbortSignal,
  ): AsyncGenerator<Message> {
    this.#enter(method, call);
    for await (const message of walk(signal)) {
      if (signal.aborted) return;
      yield message;
    }
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<Message> {
    const wake = () => {
      this.#wake();
    };
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const said = this.#said;
        this.#said = [];
        yield* said;
        const error = this.#watchError;
        this.#watchError = undefined;
        if (error !== undefined) throw error;
        if (this.#said.length > 0) continue;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (signal.aborted) resolve();
        });
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  #enter(method: string, call: string): void {
    this.calls.push(call);
    const error = this.#failures.get(method)?.shift();
    if (error !== undefined) throw error;
  }
}

function callOf(walk: string, { digests = false }: WalkRequest): string {
  return digests ? `${walk} by digest` : walk;
}
