/**
 * The process of one source. Its host starts it, says `init`, and talks to it in the frames of
 * `frames.ts`: what it reads stands on descriptor 4, what it says goes to 3.
 */
import { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  SOURCE_CAPABILITIES,
  type Packer,
  type SourceDriver,
  type SourceModule,
  type SourceStatus,
} from "../drivers.js";
import { FustorError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Message } from "../messages.js";
import {
  encodeFrame,
  FrameReader,
  toErrorFrame,
  type ChildFrame,
  type HostFrame,
  type StreamRequest,
} from "./frames.js";
import { packListings, type PackHead } from "./pack-listings.js";
import { pumpStream } from "./pump-stream.js";
import { RowWindow } from "./row-window.js";
import { createSystemClock, systemRandom } from "./system-clock.js";

const BEAT_MS = 1_000;
/** A log that the host does not read must not fill this process. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

const toHost = new Socket({ fd: 3, readable: false, writable: true });
const fromHost = new Socket({ fd: 4, readable: true, writable: false });
const streams = new Map<number, { readonly abort: AbortController; readonly window: RowWindow }>();
let clock = createSystemClock();
let source: SourceDriver | undefined;

// The host decides when it ends: a Ctrl-C meant for the host reaches this process too.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

// Without a host there is nothing to do, whatever the driver is busy with.
const leave = () => process.exit(0);
toHost.on("error", leave);
fromHost.on("error", leave);
fromHost.on("close", leave);

const frames = new FrameReader<HostFrame>();
fromHost.on("data", (chunk: Buffer) => {
  for (const { frame } of frames.push(chunk)) handle(frame);
});

function say(frame: ChildFrame, attached?: Uint8Array): void {
  toHost.write(encodeFrame(frame, attached));
}

function handle(frame: HostFrame): void {
  switch (frame.t) {
    case "load":
      // Whatever is wrong with it, `init` meets it again and says so.
      load(frame.entry).catch(() => undefined);
      break;
    case "init":
      start(frame).catch((error: unknown) => {
        say({ t: "failed", error: toErrorFrame(error) });
      });
      break;
    case "describe":
      answer(frame.id, async (signal) => {
        const description = await running().describe(signal, frame.request);
        say({ t: "description", id: frame.id, description });
      });
      break;
    case "open": {
      const window = new RowWindow(frame.credit);
      answer(frame.id, (signal) => runStream(frame, window, signal), window);
      break;
    }
    case "credit":
      streams.get(frame.id)?.window.give(frame.rows);
      break;
    case "cancel":
      streams.get(frame.id)?.abort.abort();
      break;
    case "close":
      for (const { abort } of streams.values()) abort.abort();
      Promise.resolve(source?.close()).then(leave, leave);
  }
}

async function start(init: HostFrame & { t: "init" }): Promise<void> {
  clock = createSystemClock(init.clockAnchor);
  beat().catch(leave);
  const loaded = await load(init.entry);
  const context = { id: init.id, home: init.home, clock, random: systemRandom, logger };
  source = await loaded.default.create(init.config as never, context);
  const capabilities = SOURCE_CAPABILITIES.filter((name) => source?.[name] !== undefined);
  say({ t: "ready", capabilities });
}

function load(entry: string): Promise<{ readonly default: SourceModule }> {
  return import(pathToFileURL(entry).href) as Promise<{ readonly default: SourceModule }>;
}

async function beat(): Promise<never> {
  for (;;) {
    say({ t: "beat", rssBytes: process.memoryUsage.rss(), status: look() });
    await pause(BEAT_MS);
  }
}

function look(): SourceStatus {
  try {
    return source?.status?.() ?? {};
  } catch (error) {
    return { statusError: String(error) };
  }
}

/** Runs one call; its failure is its answer. */
function answer(
  id: number,
  run: (signal: AbortSignal) => Promise<void>,
  window = new RowWindow(0),
): void {
  const abort = new AbortController();
  streams.set(id, { abort, window });
  run(abort.signal)
    .catch((error: unknown) => {
      if (!abort.signal.aborted) say({ t: "error", id, error: toErrorFrame(error) });
    })
    .finally(() => streams.delete(id))
    .catch(leave);
}

async function runStream(
  { id, asked }: HostFrame & { t: "open" },
  window: RowWindow,
  signal: AbortSignal,
): Promise<void> {
  const messages = await open(asked, signal);
  if (asked.stream === "watch") say({ t: "opened", id });
  const send = (pack: readonly Message[]) => {
    say({ t: "messages", id, messages: pack });
  };
  const packing = "packing" in asked ? asked.packing : undefined;
  const packer = packing === undefined ? undefined : await loadPacker(packing.module);
  if (packing === undefined || packer === undefined) {
    await pumpStream(messages, { window, send, signal });
  } else {
    const sendPack = (head: PackHead, bytes: Uint8Array) => {
      say({ t: "pack", id, head }, bytes);
    };
    const { rowsMax } = packing;
    await packListings(messages, { packer, rowsMax, clock, window, send, sendPack, signal });
  }
  say({ t: "end", id });
}

/** Whatever is wrong with a packer, its messages can be sent without it. */
async function loadPacker(module: string): Promise<Packer | undefined> {
  try {
    return (await import(module)) as Packer;
  } catch (error) {
    logger.warn({ module, err: error }, "packer not loaded");
    return undefined;
  }
}

async function open(asked: StreamRequest, signal: AbortSignal): Promise<AsyncIterable<Message>> {
  const driver = running();
  switch (asked.stream) {
    case "watch":
      return driver.watch(signal);
    case "snapshot":
      return driver.snapshot(signal, asked.request);
    case "audit":
      return driver.audit?.(signal, asked.request) ?? missing(asked.stream);
    case "scan":
      return driver.scan?.(asked.request, signal) ?? missing(asked.stream);
    case "probe":
      return driver.probe?.(asked.keys, signal) ?? missing(asked.stream);
  }
}

function running(): SourceDriver {
  if (source !== undefined) return source;
  throw new FustorError("SOURCE_UNAVAILABLE", "The source has not started yet.", {
    retryable: true,
  });
}

function missing(stream: string): never {
  throw new FustorError("DRIVER_INVALID", `This source cannot ${stream}.`);
}

const logger: Logger = {
  debug: log("debug"),
  info: log("info"),
  warn: log("warn"),
  error: log("error"),
};

function log(level: keyof Logger) {
  return (fields: object, message: string) => {
    if (toHost.writableLength > UNREAD_BYTES_MAX) return;
    say({ t: "log", level, fields: withPlainErrors(fields), message });
  };
}

/** JSON shows nothing of an error. */
function withPlainErrors(fields: object): object {
  const plain = Object.entries(fields).map(([key, value]: [string, unknown]) =>
    value instanceof Error
      ? [key, { type: value.name, message: value.message, stack: value.stack }]
      : [key, value],
  );
  return Object.fromEntries(plain) as object;
}
