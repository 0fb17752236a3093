import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "@fustor/testkit";
import { atEndOfTest, type AtEnd } from "./at-end.js";

/** What a network does to what it carries. Shares are of all requests. */
export interface Weather {
  /** Every connection ends, and none is made. */
  readonly isCut?: boolean;
  /** Half open: everything is taken and nothing ever answered, and no connection ends. */
  readonly isSilent?: boolean;
  /** Each request and each answer takes up to so long, one more than the other: they overtake. */
  readonly delayMs?: number;
  /** The connection ends before the request arrived. */
  readonly losesRequests?: number;
  /** The request arrived, and the connection ends before the answer did. */
  readonly losesAnswers?: number;
  /** The request arrives twice at the same time. */
  readonly duplicates?: number;
  /** Behind the request, one of those before arrives once more. */
  readonly replays?: number;
}

interface Sent {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Answer {
  readonly head: IncomingMessage;
  readonly body: Buffer;
}

const REMEMBERED = 20;

/** The network between one agent and Fusion, which can be worse than any real one. */
export class RoughNet {
  /** What happened how often. */
  readonly counts = {
    cut: 0,
    silent: 0,
    lostRequests: 0,
    lostAnswers: 0,
    duplicates: 0,
    replays: 0,
  };
  readonly #fusion: URL;
  readonly #chance: Chance;
  readonly #server = createServer((incoming, reply) => {
    this.#pass(incoming, reply).catch(() => reply.destroy());
  });
  readonly #sockets = new Set<Socket>();
  readonly #remembered: Sent[] = [];
  #weather: Weather = {};

  private constructor(endpoint: string, chance: Chance) {
    this.#fusion = new URL(endpoint);
    this.#chance = chance;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
      if (this.#weather.isCut === true) this.#cut(socket);
    });
  }

  static async start(
    endpoint: string,
    chance: Chance,
    atEnd: AtEnd = atEndOfTest,
  ): Promise<RoughNet> {
    const net = new RoughNet(endpoint, chance);
    await new Promise<void>((resolve) => net.#server.listen(0, "127.0.0.1", resolve));
    atEnd(async () => {
      net.become({ isCut: true });
      net.#server.close();
    });
    return net;
  }

  /** What the agent takes for Fusion. */
  get endpoint(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** From now on; `{}` is fair weather. */
  become(weather: Weather): void {
    this.#weather = weather;
    if (weather.isCut !== true) return;
    for (const socket of this.#sockets) this.#cut(socket);
  }

  #cut(socket: Socket): void {
    this.counts.cut += 1;
    socket.destroy();
  }

  async #pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method, url = "", headers } = incoming;
    const sent = { method, url, headers, body: await buffer(incoming) };
    const { isSilent = false, losesRequests, losesAnswers, duplicates, replays } = this.#weather;
    if (isSilent) {
      this.counts.silent += 1;
      return;
    }
    await this.#delay();
    if (this.#strikes(losesRequests, "lostRequests")) {
      reply.destroy();
      return;
    }
    const asking = [this.#ask(sent)];
    if (this.#strikes(duplicates, "duplicates")) asking.push(this.#ask(sent));
    const answers = await Promise.all(asking);
    if (this.#remembered.length > 0 && this.#strikes(replays, "replays")) {
      await this.#ask(this.#chance.pick(this.#remembered));
    }
    this.#remember(sent);
    await this.#delay();
    if (this.#strikes(losesAnswers, "lostAnswers")) {
      reply.destroy();
      return;
    }
    const { head, body } = this.#chance.pick(answers);
    reply.writeHead(head.statusCode ?? 0, head.headers).end(body);
  }

  /** Only what is said within a session: a network that ends sessions is none. */
  #remember(sent: Sent): void {
    if (!/\/(events|heartbeat)$/.test(sent.url)) return;
    this.#remembered.push(sent);
    if (this.#remembered.length > REMEMBERED) this.#remembered.shift();
  }

  #strikes(share = 0, name: keyof RoughNet["counts"]): boolean {
    const does = this.#chance.often(share);
    if (does) this.counts[name] += 1;
    return does;
  }

  async #delay(): Promise<void> {
    const { delayMs = 0 } = this.#weather;
    if (delayMs > 0) await sleep(this.#chance.below(delayMs));
  }

  #ask({ method, url, headers, body }: Sent): Promise<Answer> {
    const { hostname, port } = this.#fusion;
    return new Promise((resolve, reject) => {
      const asked = request(
        { hostname, port, method, path: url, headers, agent: false },
        (head) => {
          buffer(head).then((bytes) => {
            resolve({ head, body: bytes });
          }, reject);
        },
      );
      asked.once("error", reject);
      asked.end(body);
    });
  }
}
