import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";

/** How long clients may take, and how many there may be. */
export interface ServerLimits {
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
}

/** Time-outs are looked after so often: nobody outstays them by more. */
const LOOK_EVERY_MS = 1_000;
/** Longer than proxies keep theirs, so that it is they who close. */
const KEEP_ALIVE_MS = 72_000;

/** Makes the servers that listen: with TLS, one for each address. */
export class Servers {
  readonly #limits: ServerLimits;
  #tls: SecureContextOptions | undefined;
  readonly #made: TlsServer[] = [];

  constructor(limits: ServerLimits, tls: SecureContextOptions | undefined) {
    this.#limits = limits;
    this.#tls = tls;
  }

  /** A server that does not listen yet. */
  make(answer: RequestListener): Server {
    const { headerTimeoutMs, requestTimeoutMs, connectionsMax } = this.#limits;
    const options = {
      headersTimeout: headerTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, headerTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const server =
      this.#tls === undefined ? createServer(options, answer) : this.#makeTls(options, answer);
    server.maxConnections = connectionsMax;
    return server;
  }

  /** New connections get this certificate. */
  renew(tls: SecureContextOptions): void {
    this.#tls = tls;
    for (const server of this.#made) server.setSecureContext(tls);
  }

  #makeTls(options: object, answer: RequestListener): Server {
    const isMutual = this.#tls?.ca !== undefined;
    const server = createTlsServer(
      {
        ...options,
        ...this.#tls,
        requestCert: isMutual,
        rejectUnauthorized: isMutual,
        handshakeTimeout: this.#limits.headerTimeoutMs,
      },
      answer,
    );
    this.#made.push(server);
    // It has all that a server without TLS has; only their classes are no kin.
    return server;
  }
}
