import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket, type PeerCertificate } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSender, request } from "./pipe.js";

const { signal } = new AbortController();

/** Made by `make.sh` beside them, for a hundred years. */
const made = (name: string): string =>
  fileURLToPath(new URL(`../../testkit/certificates/${name}.pem`, import.meta.url));

/** Answers every opening of a session as v1 does; says who asked. */
async function startFusion(): Promise<{ url: string; askers: (string | undefined)[] }> {
  const askers: (string | undefined)[] = [];
  const server = createServer(
    {
      cert: readFileSync(made("first")),
      key: readFileSync(made("first-key")),
      ca: readFileSync(made("ca")),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (asked, response) => {
      if (!(asked.socket instanceof TLSSocket)) throw new Error("asked in plain HTTP");
      const { subject } = asked.socket.getPeerCertificate() as Partial<PeerCertificate>;
      askers.push(subject === undefined ? undefined : String(subject.CN));
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          session_id: "s",
          role: "leader",
          session_timeout_seconds: 30,
          audit_interval_sec: 0,
        }),
      );
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`, askers };
}

describe("a sender to an https endpoint", () => {
  it("trusts the authorities of ca, shows client_cert, and nobody else's word", async () => {
    const { url, askers } = await startFusion();
    const trusting = await createSender(url, {
      ca: made("ca"),
      client_cert: made("client"),
      client_key: made("client-key"),
    });
    await expect(trusting.openSession(request, signal)).resolves.toMatchObject({ id: "s" });
    expect(askers).toEqual(["client"]);
    for (const options of [{}, { ca: made("other-ca") }]) {
      const wary = await createSender(url, options);
      await expect(wary.openSession(request, signal)).rejects.toMatchObject({
        code: "SEND_FAILED",
        message: expect.stringMatching(/No secure connection.*config\.ca/) as string,
      });
    }
    expect(askers).toHaveLength(1);
  });

  it.each([
    [{ ca: "/nowhere/ca.pem" }, /\/ca .*nowhere\/ca\.pem.*ENOENT/],
    [{ ca: made("first-key") }, /\/ca .*no certificate/],
    [{ client_cert: made("client") }, /client_cert.*go together/],
    [{ client_cert: made("client"), client_key: made("first-key") }, /client_cert.*client_key/],
    [{ ca: "ca.pem" }, /absolute path/],
  ])("refuses %j before it runs", async (options, message) => {
    await expect(createSender("https://127.0.0.1:1", options)).rejects.toThrow(message);
  });

  it("refuses certificates for an endpoint that would not use them", async () => {
    const plain = createSender("http://127.0.0.1:1", { ca: made("ca") });
    await expect(plain).rejects.toThrow(/https:\/\//);
  });

  // What is asked is named by whoever writes the configuration; all that it may be is an address.
  it.each([
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "http://user:secret@127.0.0.1/",
    "http://user@127.0.0.1/",
    "javascript:alert(1)",
    "http://",
    "//127.0.0.1",
    "http://127.0.0.1/?to=http://169.254.169.254/",
    "http://127.0.0.1/#x",
    "http://127.0.0.1/ x",
    "unix:/run/docker.sock",
  ])("takes no endpoint %s, and does not repeat a password", async (endpoint) => {
    const refusal = await createSender(endpoint).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(refusal).toMatch(/endpoint/);
    expect(refusal).not.toContain("secret");
  });
});
