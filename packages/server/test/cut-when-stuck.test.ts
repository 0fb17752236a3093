import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { cutWhenStuck } from "../src/http/cut-when-stuck.js";

const TIMEOUT_MS = 50;
/** More than the buffers between two sockets hold. */
const LONG = Buffer.alloc(64 * 1024 * 1024);

/** The two ends of a connection, on which a question was asked. */
async function ask(answer: RequestListener): Promise<{ client: Socket; server: Socket }> {
  const web = createServer((request, reply) => {
    cutWhenStuck(reply, TIMEOUT_MS);
    answer(request, reply);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    web.close();
    web.closeAllConnections();
  });
  await once(web, "listening");
  const connection = once(web, "connection");
  const client = connect((web.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => undefined);
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [server] = (await connection) as [Socket];
  return { client, server };
}

describe("a client", () => {
  it("that takes nothing of its answer is cut off", async () => {
    const { server } = await ask((_request, reply) => reply.end(LONG));
    await once(server, "close");
  });

  it("that waits longer than that for an answer gets it", async () => {
    const { client, server } = await ask((_request, reply) => {
      reply.once("timeout", () => reply.end("late"));
    });
    const [text] = (await once(client, "data")) as [Buffer];
    expect(String(text)).toContain("late");
    expect(server.destroyed).toBe(false);
  });
});
