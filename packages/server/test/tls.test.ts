import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { TLSSocket, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { createWorld, makeFolder, type World } from "./support.js";

/** Made by `make.sh` beside them, for a hundred years. */
const made = (name: string): string =>
  fileURLToPath(new URL(`../../testkit/certificates/${name}.pem`, import.meta.url));
const pem = (name: string): Promise<Buffer> => readFile(made(name));

interface Asked {
  readonly status: number | undefined;
  readonly subject: string | undefined;
}

let ca: Buffer;
beforeAll(async () => {
  ca = await pem("ca");
});

/** Asks whether Fusion lives; says whose certificate it showed. */
async function ask(url: string, options: ConnectionOptions = {}): Promise<Asked> {
  const asked = request(`${url}/healthz`, { ca, agent: false, ...options });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  if (!(response.socket instanceof TLSSocket)) throw new Error("answered in plain HTTP");
  const { subject } = response.socket.getPeerCertificate() as Partial<PeerCertificate>;
  return { status: response.statusCode, subject: String(subject?.CN) };
}

interface Secured {
  readonly world: World;
  readonly url: string;
  readonly cert: string;
  readonly key: string;
}

async function listen(more: { readonly client_ca?: string } = {}): Promise<Secured> {
  const folder = await makeFolder();
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await copyFile(made("first"), cert);
  await copyFile(made("first-key"), key);
  const world = await createWorld({ listen: { port: 0, tls: { cert, key, ...more } } });
  const { url } = await world.fusion.listen();
  return { world, url, cert, key };
}

describe("Fusion with listen.tls", () => {
  it("speaks HTTPS, and nothing else", async () => {
    const { url } = await listen();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(url)).toEqual({ status: 200, subject: "first" });
    await expect(ask(url, { ca: await pem("other-ca") })).rejects.toThrow(/certificate/);
    await expect(fetch(`${url.replace("https", "http")}/healthz`)).rejects.toThrow();
  });

  it("marks its login cookie as one for HTTPS alone", async () => {
    const { world, url } = await listen();
    const body = JSON.stringify({ key: world.admin });
    const headers = { "content-type": "application/json" };
    const asked = request(`${url}/api/v1/login`, { ca, agent: false, method: "POST", headers });
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    expect(response.headers["set-cookie"]?.[0]).toMatch(/; SameSite=Strict; Secure$/);
  });

  it("takes a renewed certificate without a restart, and none that does not fit its key", async () => {
    const { world, url, cert, key } = await listen();
    await copyFile(made("second"), cert);
    await world.clock.advance(5_000);
    // Half of it is written: the old one serves.
    expect((await ask(url)).subject).toBe("first");
    await copyFile(made("second-key"), key);
    await expect
      .poll(async () => {
        await world.clock.advance(5_000);
        return (await ask(url)).subject;
      })
      .toBe("second");
    await writeFile(cert, "nonsense");
    await world.clock.advance(5_000);
    expect(await ask(url)).toEqual({ status: 200, subject: "second" });
  });

  it("lets in only who shows a certificate of client_ca, where that is set", async () => {
    const { url } = await listen({ client_ca: made("ca") });
    await expect(ask(url)).rejects.toThrow();
    const client = { cert: await pem("client"), key: await pem("client-key") };
    expect((await ask(url, client)).status).toBe(200);
    const { url: other } = await listen({ client_ca: made("other-ca") });
    await expect(ask(other, client)).rejects.toThrow();
  });

  it("closes a connection that does not finish its handshake", async () => {
    const [cert, key] = [made("first"), made("first-key")];
    const world = await createWorld({
      listen: { port: 0, tls: { cert, key } },
      limits: { header_timeout_sec: 1 },
    });
    const { url } = await world.fusion.listen();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "close");
  });

  it.each([
    [
      { cert: "/nowhere/cert.pem", key: made("first-key") },
      /nowhere\/cert\.pem.*listen\.tls\.cert/,
    ],
    [
      { cert: made("first"), key: made("second-key") },
      /first\.pem.*second-key\.pem.*belongs to it/,
    ],
    [{ cert: made("make"), key: made("first-key") }, /cannot be read \(ENOENT\)/],
  ])("does not start with %j", async (tls, message) => {
    await expect(createWorld({ listen: { port: 0, tls } })).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(message) as string,
    });
  });
});

describe("plain HTTP", () => {
  it.each(["0.0.0.0", "::", "192.0.2.7", "fusion.example", "128.0.0.1"])(
    "is not spoken at %s unless that is said",
    async (host) => {
      await expect(createWorld({ listen: { host, port: 0 } })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(
          /listen\/host.*listen\.tls.*listen\.insecure: true/,
        ) as string,
      });
      const world = await createWorld({ listen: { host, port: 0, insecure: true } });
      expect((await world.call("GET", "/healthz")).status).toBe(200);
    },
  );
});
