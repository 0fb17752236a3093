import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket, type PeerCertificate } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, createHttpsFetch, findRunning, readTlsFiles } from "../src/cli/index.js";
import { claimHome } from "../src/host/index.js";
import { createFolder } from "./folder.js";

const made = (name: string): string =>
  fileURLToPath(new URL(`../../testkit/certificates/${name}.pem`, import.meta.url));

/** Says who asks, and what; of one path it breaks off. */
async function startServer(certificate = "first"): Promise<string> {
  const server = createServer(
    {
      cert: readFileSync(made(certificate)),
      key: readFileSync(made(`${certificate}-key`)),
      ca: readFileSync(made("ca")),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (asked, reply) => {
      if (!(asked.socket instanceof TLSSocket)) throw new Error("asked in plain HTTP");
      const { subject } = asked.socket.getPeerCertificate() as Partial<PeerCertificate>;
      let body = "";
      asked.setEncoding("utf8").on("data", (text: string) => (body += text));
      asked.on("end", () => {
        const { method, url } = asked;
        const text = JSON.stringify({ method, url, body, asker: subject?.CN ?? null });
        if (url !== "/torn") return void reply.end(text);
        reply.setHeader("content-length", 1_000_000);
        reply.write(text, () => asked.socket.destroy());
      });
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("a fetch with certificates", () => {
  it("trusts the authority that is named, and shows its certificate", async () => {
    const url = await startServer();
    const files = { ca: made("ca"), clientCert: made("client"), clientKey: made("client-key") };
    const fetch = createHttpsFetch(readTlsFiles(files, {}) ?? {});
    const reply = await fetch(`${url}/a?b`, { method: "POST", body: "words" });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toEqual({
      method: "POST",
      url: "/a?b",
      body: "words",
      asker: "client",
    });
  });

  it("fails as the global one does", async () => {
    const url = await startServer();
    const trusting = createHttpsFetch({ ca: readFileSync(made("ca")) });
    await expect(createHttpsFetch({})(url)).rejects.toMatchObject({
      name: "TypeError",
      cause: { code: expect.stringMatching(/CERT|SIGNED|ISSUER/) as string },
    });
    const stopped = new AbortController();
    stopped.abort(new Error("enough"));
    await expect(trusting(url, { signal: stopped.signal })).rejects.toThrow("enough");
    const torn = await trusting(`${url}/torn`);
    await expect(torn.text()).rejects.toThrow();
  });
});

describe("a running app that speaks TLS", () => {
  it("is known by its certificate, whoever has signed it", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "fusion");
    await claim.publish({ url: await startServer(), certificate: made("first") });
    const { body } = await ask(await findRunning("fusion", home), "/readyz");
    expect(body).toMatchObject({ url: "/readyz", asker: null });
    const shown = { clientCert: made("client"), clientKey: made("client-key") };
    const mutual = await ask(await findRunning("fusion", home, shown), "/readyz");
    expect(mutual.body).toMatchObject({ asker: "client" });
  });

  it("is nobody with another certificate, also of the same authority", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "fusion");
    await claim.publish({ url: await startServer("second"), certificate: made("first") });
    await expect(ask(await findRunning("fusion", home), "/readyz")).rejects.toMatchObject({
      code: "SEND_FAILED",
    });
  });
});

describe("files with certificates", () => {
  it("may be named by the environment, over which an option wins", () => {
    const ca = { FUSTOR_CA: made("ca") };
    expect(readTlsFiles({}, {})).toBeUndefined();
    expect(readTlsFiles({}, { FUSTOR_CA: "" })).toBeUndefined();
    expect(readTlsFiles({}, ca)).toEqual({ ca: readFileSync(made("ca")) });
    expect(readTlsFiles({ ca: made("first") }, ca)).toEqual({ ca: readFileSync(made("first")) });
  });

  it.each([
    [{ ca: "/nowhere.pem" }, /--ca.* names \/nowhere\.pem, which cannot be read \(ENOENT\)/],
    [{ ca: made("client-key") }, /--ca.* holds no certificate in PEM/],
    [{ clientCert: made("client") }, /go together/],
    [{ clientCert: made("client"), clientKey: made("first-key") }, /none that fits its key/],
  ])("are refused in one sentence: %#", (files, words) => {
    expect(() => readTlsFiles(files, {})).toThrow(words);
  });
});
