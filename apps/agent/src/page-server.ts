import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Listens at once, and makes what answers when somebody asks for the first time. */
export class PageServer {
  readonly #server: Server;
  #answer: Promise<Answer> | undefined;

  constructor(makeAnswer: () => Promise<Answer>) {
    this.#server = createServer((request, response) => {
      this.#answer ??= makeAnswer();
      this.#answer.then(
        (answer) => {
          answer(request, response);
        },
        () => {
          // It may go better the next time.
          this.#answer = undefined;
          response.writeHead(500).end();
        },
      );
    });
  }

  /** Resolves with the address to ask. Rejects with the system's error. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen({ host, port }, () => {
        this.#server.off("error", reject);
        resolve(urlOf(this.#server.address() as AddressInfo));
      });
    });
  }

  /** Ends what is under way too. May be called twice. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

/** Who listens everywhere is asked at home. */
function urlOf({ address, family, port }: AddressInfo): string {
  const home = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return `http://${family === "IPv6" ? `[${home}]` : home}:${String(port)}`;
}
