import { createServer, type Server } from "node:net";

/**
 * A port on loopback that nothing listens on now. For programs that must find each other at the
 * same place after a restart; whatever starts once uses port 0 instead.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
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

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}
