import type {
  Message,
  ScanRequest,
  SourceDescription,
  SourceDriver,
  SourceStatus,
} from "@fustor/core";
import { walkOf } from "./messages.js";

type Walk = (signal: AbortSignal) => AsyncIterable<Message> | Iterable<Message>;

/** What a scripted source can do and what it says. */
export interface ScriptedSourceOptions {
  readonly description?: Partial<SourceDescription>;
  /** Default: an empty walk. */
  readonly snapshot?: Walk;
  /** Without it the source has no `audit`. */
  readonly audit?: Walk;
  /** Without it the source has no `scan`. */
  readonly scan?: (request: ScanRequest, signal: AbortSignal) => ReturnType<Walk>;
}

/** A source whose words a test puts into its mouth. */
export class ScriptedSource implements SourceDriver {
  /** Every call in order, e.g. `describe`, `watch`, `snapshot`, `scan /a`. */
  readonly calls: string[] = [];
  readonly audit?: (signal: AbortSignal) => AsyncIterable<Message>;
  readonly scan?: (request: ScanRequest, signal: AbortSignal) => AsyncIterable<Message>;
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
    const { audit, scan } = options;
    if (audit !== undefined) this.audit = (signal) => this.#walk("audit", "audit", audit, signal);
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
  failNext(method: "describe" | "watch" | "snapshot" | "audit" | "scan", error: Error): void {
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

  snapshot(signal: AbortSignal): AsyncIterable<Message> {
    return this.#walk("snapshot", "snapshot", this.#snapshot, signal);
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
    walk: Walk,
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
