import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type {
  DescribeRequest,
  SourceCapability,
  SourceDescription,
  SourceStatus,
} from "../drivers.js";
import { FustorError } from "../errors.js";
import type { Logger } from "../logger.js";
import { abortable } from "./abortable.js";
import {
  encodeFrame,
  FrameReader,
  fromErrorFrame,
  type ChildFrame,
  type HostFrame,
  type StreamRequest,
} from "./frames.js";
import { logLines } from "./log-lines.js";
import { RemoteStream, WINDOW_ROWS } from "./remote-stream.js";
import { watchSilence } from "./silence.js";
import { takeSourceProcess } from "./spare-process.js";
import type { SystemClock } from "./system-clock.js";

export interface SourceLifeOptions {
  /** The absolute file of the driver. */
  readonly entry: string;
  readonly config: unknown;
  readonly id: string;
  readonly home: string;
  readonly logger: Logger;
  readonly clock: SystemClock;
  readonly maxRssMb: number;
  readonly silenceMs: number;
  /** The absolute file that the process starts with. */
  readonly childEntry: string;
}

interface Settle<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

const CLOSE_MS = 3_000;

/** One life of a source process, from its start to its end. */
export class SourceLife {
  /** Resolves once the driver has been created; rejects when it cannot be, or the process ends. */
  readonly ready: Promise<readonly SourceCapability[]>;
  /** Resolves when the process is gone. Never rejects. */
  readonly exited: Promise<void>;
  /** When the driver was ready, in ms on the clock. */
  readyAt: number | undefined;
  status: SourceStatus = {};
  rssBytes = 0;
  readonly #options: SourceLifeOptions;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #toChild: Writable;
  readonly #calls = new Map<number, Settle<SourceDescription>>();
  readonly #streams = new Map<number, RemoteStream>();
  readonly #ended = new AbortController();
  #start: Settle<readonly SourceCapability[]> | undefined;
  #closing = false;
  #heardAt: number;
  #ids = 0;

  constructor(options: SourceLifeOptions) {
    const { id, childEntry, clock } = options;
    this.#options = options;
    this.#name = `The source "${id}"`;
    this.#heardAt = clock.now();
    this.ready = new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
    });
    // Whoever waits for it hears of a failure; a life that nobody waits for may fail in silence.
    this.ready.catch(() => undefined);
    this.#child = takeSourceProcess(childEntry);
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#end(crashed(this.#name, signal ?? `exit code ${String(code)}`));
        resolve();
      });
      this.#child.once("error", (cause) => {
        this.#end(crashed(this.#name, cause.message));
        resolve();
      });
    });
    this.#toChild = this.#child.stdio[4] as Writable;
    this.#connect();
    const watchdog = {
      clock,
      silenceMs: options.silenceMs,
      heardAt: () => this.#heardAt,
      isReady: () => this.readyAt !== undefined,
      onSilent: (why: string) => {
        this.#kill(crashed(this.#name, why));
      },
    };
    watchSilence(watchdog, this.#ended.signal).catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False from the moment at which it is known to have failed, or was closed. */
  get isAlive(): boolean {
    return !this.#ended.signal.aborted && !this.#closing;
  }

  async describe(signal: AbortSignal, request?: DescribeRequest): Promise<SourceDescription> {
    const id = this.#nextId();
    const answer = new Promise<SourceDescription>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
    });
    if (this.isAlive) this.#say({ t: "describe", id, ...(request && { request }) });
    else this.#fail(id, this.#reason());
    try {
      return await abortable(answer, signal);
    } finally {
      if (this.#calls.delete(id)) this.#say({ t: "cancel", id });
    }
  }

  open(asked: StreamRequest, signal: AbortSignal): RemoteStream {
    const id = this.#nextId();
    const remote = new RemoteStream({
      signal,
      giveCredit: (rows) => {
        this.#say({ t: "credit", id, rows });
      },
      cancel: () => {
        this.#streams.delete(id);
        this.#say({ t: "cancel", id });
      },
    });
    if (signal.aborted) return remote;
    if (!this.isAlive) {
      remote.finish(this.#reason());
      return remote;
    }
    this.#streams.set(id, remote);
    this.#say({ t: "open", id, asked, credit: WINDOW_ROWS });
    return remote;
  }

  /** Asks the driver to close, and ends the process if it has not gone within 3 s. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#say({ t: "close" });
    }
    const patience = new AbortController();
    const kill = async () => {
      await this.#options.clock.sleep(CLOSE_MS, patience.signal);
      this.#child.kill("SIGKILL");
      // What is blocked in the kernel does not die; nobody gains by waiting for it.
      await this.#options.clock.sleep(CLOSE_MS, patience.signal);
    };
    await Promise.race([this.exited, kill().catch(() => undefined)]);
    patience.abort();
  }

  #connect(): void {
    const { entry, config, id, home, clock, logger } = this.#options;
    const frames = new FrameReader<ChildFrame>();
    const fromChild = this.#child.stdio[3] as Readable;
    fromChild.on("data", (chunk: Buffer) => {
      this.#heardAt = clock.now();
      try {
        for (const { frame, attached } of frames.push(chunk)) this.#handle(frame, attached);
      } catch (cause) {
        this.#kill(crashed(this.#name, "it said what is no message", { cause }));
      }
    });
    // A pipe that breaks is followed by the exit of the process, which is handled.
    fromChild.on("error", () => undefined);
    this.#toChild.on("error", () => undefined);
    const now = () => clock.now();
    const { stdout, stderr } = this.#child;
    if (stdout !== null) {
      logLines(stdout, {
        now,
        write: (line) => {
          logger.info({ line }, "source printed");
        },
      });
    }
    if (stderr !== null) {
      logLines(stderr, {
        now,
        write: (line) => {
          logger.warn({ line }, "source printed");
        },
      });
    }
    this.#say({ t: "init", entry, config, id, home, clockAnchor: clock.anchor });
  }

  #handle(frame: ChildFrame, attached: Buffer): void {
    switch (frame.t) {
      case "ready":
        this.readyAt = this.#options.clock.now();
        this.#start?.resolve(frame.capabilities);
        break;
      case "failed":
        this.#kill(fromErrorFrame(this.#name, frame.error));
        break;
      case "description":
        this.#calls.get(frame.id)?.resolve(frame.description);
        this.#calls.delete(frame.id);
        break;
      case "opened":
        this.#streams.get(frame.id)?.markOpened();
        break;
      case "messages":
        this.#streams.get(frame.id)?.push(frame.messages);
        break;
      case "pack":
        this.#streams.get(frame.id)?.push([{ kind: "pack", ...frame.head, bytes: attached }]);
        break;
      case "end":
        this.#streams.get(frame.id)?.finish();
        this.#streams.delete(frame.id);
        break;
      case "error":
        this.#fail(frame.id, fromErrorFrame(this.#name, frame.error));
        break;
      case "beat":
        this.#checkMemory(frame.rssBytes);
        this.status = frame.status;
        break;
      case "log":
        this.#options.logger[frame.level](frame.fields, frame.message);
    }
  }

  #fail(id: number, error: Error): void {
    this.#calls.get(id)?.reject(error);
    this.#calls.delete(id);
    this.#streams.get(id)?.finish(error);
    this.#streams.delete(id);
  }

  #checkMemory(rssBytes: number): void {
    this.rssBytes = rssBytes;
    const { maxRssMb } = this.#options;
    const rssMb = Math.round(rssBytes / 1024 / 1024);
    if (rssMb <= maxRssMb) return;
    const why = `it used ${String(rssMb)} MB of memory and may use ${String(maxRssMb)} MB`;
    this.#kill(crashed(this.#name, why));
  }

  #kill(error: Error): void {
    this.#end(error);
    this.#child.kill("SIGKILL");
  }

  /** Everything that is under way fails. */
  #end(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#start?.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    for (const stream of this.#streams.values()) stream.finish(this.#closing ? undefined : error);
    this.#calls.clear();
    this.#streams.clear();
  }

  #reason(): Error {
    if (this.#ended.signal.aborted) return this.#ended.signal.reason as Error;
    return new FustorError("SOURCE_UNAVAILABLE", `${this.#name} is closed.`);
  }

  #say(frame: HostFrame): void {
    if (!this.#ended.signal.aborted && this.#toChild.writable)
      this.#toChild.write(encodeFrame(frame));
  }

  #nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }
}

function crashed(
  name: string,
  why: string,
  options: { readonly cause?: unknown } = {},
): FustorError {
  return new FustorError(
    "SOURCE_CRASHED",
    `${name} ended unexpectedly: ${why}. It is started again; its last words are in the log.`,
    { ...options, retryable: true },
  );
}
