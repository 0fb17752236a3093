import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Message, Stream } from "@fustor/core";
import {
  BATCH_TYPE,
  openBinaryBatch,
  openJsonBatch,
  urls,
  type IngestBatch,
  type V1SessionRequest,
} from "@fustor/protocol";
import { atEndOfTest, type AtEnd } from "./at-end.js";

/** A message that an agent brought to Fusion. */
export interface Heard {
  readonly stream: Stream;
  readonly message: Message;
  /** What Fusion answered to its batch: an HTTP status. */
  readonly status: number;
}

/** A batch that does not get through until it is let go. */
export interface HeldBatch {
  /** Resolves with the batch's messages once it has come. */
  readonly came: Promise<readonly Message[]>;
  /** Lets it, and all that follows, go on. */
  release(): void;
}

/** A batch that was brought to Fusion. */
export interface PassedBatch {
  readonly session: string;
  readonly batch: IngestBatch;
  /** Undefined where no answer came: nobody knows whether Fusion has taken it. */
  readonly status: number | undefined;
}

interface Trap {
  readonly wanted: (message: Message) => boolean;
  readonly caught: (messages: readonly Message[]) => void;
  readonly open: Promise<void>;
}

/** The wire between one agent and Fusion: it writes down what passes, can be cut, can hold a batch. */
export class Wire {
  readonly heard: Heard[] = [];
  /** What the agent said of itself when it opened its last session. */
  opening: V1SessionRequest | undefined;
  readonly #fusion: URL;
  readonly #server = createServer((incoming, reply) => {
    this.#pass(incoming, reply).catch(() => reply.destroy());
  });
  readonly #sockets = new Set<Socket>();
  readonly #traps = new Set<Trap>();
  readonly #onBatch: ((passed: PassedBatch) => void) | undefined;
  #isCut = false;

  private constructor(endpoint: string, onBatch: ((passed: PassedBatch) => void) | undefined) {
    this.#fusion = new URL(endpoint);
    this.#onBatch = onBatch;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      if (this.#isCut) socket.destroy();
    });
  }

  /** With `onBatch`, every batch is told to it and none is written down. */
  static async start(
    endpoint: string,
    atEnd: AtEnd = atEndOfTest,
    onBatch?: (passed: PassedBatch) => void,
  ): Promise<Wire> {
    const wire = new Wire(endpoint, onBatch);
    await new Promise<void>((resolve) => wire.#server.listen(0, "127.0.0.1", resolve));
    atEnd(async () => {
      wire.cut();
      wire.#server.close();
    });
    return wire;
  }

  /** What the agent takes for Fusion. */
  get endpoint(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** The next batch with such a message, and what comes behind it in its stream, has to wait. */
  hold(wanted: (message: Message) => boolean): HeldBatch {
    let release = (): void => undefined;
    const open = new Promise<void>((resolve) => (release = resolve));
    let trap: Trap | undefined;
    const came = new Promise<readonly Message[]>((caught) => {
      trap = { wanted, caught, open };
      this.#traps.add(trap);
    });
    return {
      came,
      release: () => {
        if (trap !== undefined) this.#traps.delete(trap);
        release();
      },
    };
  }

  async #pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    this.#noteSession(incoming, body);
    const batch = readBatch(incoming, body);
    const trap = [...this.#traps].find(({ wanted }) => batch?.messages.some(wanted));
    if (trap !== undefined && batch !== undefined) {
      this.#traps.delete(trap);
      trap.caught(batch.messages);
      await trap.open;
    }
    let answer: { readonly head: IncomingMessage; readonly text: Buffer } | undefined;
    try {
      const head = await this.#ask(incoming, body);
      answer = { head, text: await buffer(head) };
    } finally {
      if (batch !== undefined) this.#note(incoming, batch, answer?.head.statusCode);
    }
    reply.writeHead(answer.head.statusCode ?? 0, answer.head.headers).end(answer.text);
  }

  #note({ url = "" }: IncomingMessage, batch: IngestBatch, status: number | undefined): void {
    if (this.#onBatch !== undefined) {
      this.#onBatch({ session: url.split("/").at(-2) ?? "", batch, status });
      return;
    }
    for (const message of status === undefined ? [] : batch.messages) {
      this.heard.push({ stream: batch.stream, message, status: status ?? 0 });
    }
  }

  #noteSession({ url = "", method }: IncomingMessage, body: Buffer): void {
    if (url !== urls.session() || method !== "POST") return;
    this.opening = JSON.parse(body.toString()) as V1SessionRequest;
  }

  #ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const { hostname, port } = this.#fusion;
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, method, path: url, headers, agent: false }, resolve);
      asked.once("error", reject);
      asked.end(body);
    });
  }
}

function readBatch({ url = "", headers }: IncomingMessage, body: Buffer): IngestBatch | undefined {
  if (!url.includes("/pipe/ingest/")) return undefined;
  const isBinary = headers["content-type"] === BATCH_TYPE;
  const envelope = isBinary
    ? openBinaryBatch(body)
    : openJsonBatch(JSON.parse(body.toString()) as Parameters<typeof openJsonBatch>[0]);
  return envelope.decode({ schema: "fs", rowsMax: 250_000 });
}
