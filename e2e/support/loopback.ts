import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Below the range from which systems take the ports of connections (32,768 and up on Linux): while
 * whoever listens is down, no connection may get its port, least of all one that looks for it, which
 * would then be connected with itself.
 */
const LOWEST_PORT = 20_000;
const END_OF_PORTS = 32_768;

/**
 * A port on loopback that nothing listens on now. For programs that must find each other at the
 * same place after a restart; whatever starts once uses port 0 instead.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, END_OF_PORTS);
    const server = createServer();
    const isFree = await listen(server, port).then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** A port that is taken until `close`. */
export async function takenPort(): Promise<{
  readonly port: number;
  readonly close: () => Promise<void>;
}> {
  const server = createServer();
  const port = await listen(server);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Throws when something listens on the port already. 0 is for any. */
function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}
