import type { ErrorCode } from "../errors.js";
import { FustorError, isRetryable } from "../errors.js";
import type { Message } from "../messages.js";
import type {
  DescribeRequest,
  ScanRequest,
  SourceCapability,
  SourceDescription,
  SourceStatus,
  WalkRequest,
} from "../drivers.js";
import { codeOf, messageOf } from "./error-facts.js";
import type { PackHead } from "./pack-listings.js";
import type { Packing } from "./packs.js";

/** The streams that a source process can open, and what each is asked. */
export type StreamRequest =
  | { readonly stream: "watch" }
  | {
      readonly stream: "snapshot" | "audit";
      readonly request: WalkRequest;
      readonly packing?: Packing;
    }
  | { readonly stream: "scan"; readonly request: ScanRequest }
  | { readonly stream: "probe"; readonly keys: readonly string[] };

/** What the host says to a source process. The first frame is `init`, or `load` before it. */
export type HostFrame =
  /** Load this driver, which is most likely the one that `init` will name. */
  | { readonly t: "load"; readonly entry: string }
  | {
      readonly t: "init";
      readonly entry: string;
      readonly config: unknown;
      readonly id: string;
      readonly home: string;
      readonly clockAnchor: number;
    }
  | { readonly t: "describe"; readonly id: number; readonly request?: DescribeRequest }
  | {
      readonly t: "open";
      readonly id: number;
      readonly asked: StreamRequest;
      /** Rows that may be on their way at once. */
      readonly credit: number;
    }
  | { readonly t: "credit"; readonly id: number; readonly rows: number }
  | { readonly t: "cancel"; readonly id: number }
  | { readonly t: "close" };

/** What a source process says to its host. */
export type ChildFrame =
  | { readonly t: "ready"; readonly capabilities: readonly SourceCapability[] }
  | { readonly t: "failed"; readonly error: ErrorFrame }
  | { readonly t: "description"; readonly id: number; readonly description: SourceDescription }
  | { readonly t: "opened"; readonly id: number }
  | { readonly t: "messages"; readonly id: number; readonly messages: readonly Message[] }
  /** Followed by the bytes of the pack. */
  | { readonly t: "pack"; readonly id: number; readonly head: PackHead }
  | { readonly t: "end"; readonly id: number }
  | { readonly t: "error"; readonly id: number; readonly error: ErrorFrame }
  | { readonly t: "beat"; readonly rssBytes: number; readonly status: SourceStatus }
  | {
      readonly t: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: object;
      readonly message: string;
    };

/** An error on its way to another process. */
export interface ErrorFrame {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly retryable: boolean;
}

export function toErrorFrame(error: unknown): ErrorFrame {
  const code = codeOf(error);
  // Anything but a coded error is a fault of the driver, which may go better the next time.
  const retryable = code === undefined || isRetryable(error);
  return { code, message: messageOf(error), retryable };
}

/** `subject` names the source, for an error that the driver did not expect. */
export function fromErrorFrame(
  subject: string,
  { code, message, retryable }: ErrorFrame,
): FustorError {
  if (code !== undefined) return new FustorError(code, message, { retryable });
  return new FustorError(
    "SOURCE_CRASHED",
    `${subject} failed in a way its driver did not expect: ${message}. ` +
      "It is tried again; if it fails again, report it to the driver's author.",
    { retryable },
  );
}

/** More than any honest frame holds; beyond it the bytes are not frames. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
const HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);

/**
 * A frame as bytes: the length of its JSON and of what is attached in four bytes each, then both.
 * What is attached is nobody's JSON: it crosses as it is.
 */
export function encodeFrame(frame: HostFrame | ChildFrame, attached: Uint8Array = NOTHING): Buffer {
  const text = JSON.stringify(frame);
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length + attached.length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(attached.length, 4);
  bytes.write(text, HEADER_BYTES);
  bytes.set(attached, HEADER_BYTES + length);
  return bytes;
}

/** A frame as it was received. */
export interface Received<Frame> {
  readonly frame: Frame;
  /** Empty for most. */
  readonly attached: Buffer;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader<Frame> {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #wanted: { readonly text: number; readonly attached: number } | undefined;

  /** Returns the frames that `chunk` completed. Throws when the bytes are no frames. */
  push(chunk: Buffer): Received<Frame>[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const frames: Received<Frame>[] = [];
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#buffered < HEADER_BYTES) return frames;
        const header = this.#take(HEADER_BYTES);
        this.#wanted = { text: header.readUInt32BE(0), attached: header.readUInt32BE(4) };
      }
      const { text, attached } = this.#wanted;
      if (text + attached > FRAME_BYTES_MAX) throw new Error("The bytes received are no frames.");
      if (this.#buffered < text + attached) return frames;
      const frame = JSON.parse(this.#take(text).toString("utf8")) as Frame;
      frames.push({ frame, attached: this.#take(attached) });
      this.#wanted = undefined;
    }
  }

  /** Joins only once a frame is whole: joining at every chunk would cost its length squared. */
  #take(length: number): Buffer {
    if (length === 0) return NOTHING;
    const [first] = this.#chunks;
    const bytes =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const rest = bytes.subarray(length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    return bytes.subarray(0, length);
  }
}
