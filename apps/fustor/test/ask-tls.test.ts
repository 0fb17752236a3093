import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { runFustor } from "./ask.js";
import { createFolder } from "./folder.js";

const made = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/testkit/certificates/${name}.pem`, import.meta.url));

/** Knows one name, and tells it to whoever shows a certificate of the authority. */
async function startFusion(): Promise<string> {
  const server = createServer(
    {
      cert: readFileSync(made("first")),
      key: readFileSync(made("first-key")),
      ca: readFileSync(made("ca")),
      requestCert: true,
    },
    (_, reply) => {
      reply.end('{"path":"/thesis.tex","type":"f"}\n{"meta":{}}\n');
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

describe("a Fusion that speaks TLS", () => {
  it("is asked with the certificates that are named", async () => {
    const home = await createFolder();
    const asked = ["search", "thesis", "--home", home, "--endpoint", await startFusion()];
    const mine = ["--client-cert", made("client"), "--client-key", made("client-key")];
    const trusting = await runFustor([...asked, "--key", "k", "--ca", made("ca"), ...mine]);
    expect(trusting).toEqual({ code: 0, stdout: "/thesis.tex\n", stderr: "" });
    const doubting = await runFustor([...asked, "--key", "k"]);
    expect(doubting.code).toBe(1);
    expect(doubting.stderr).toMatch(/^The certificate that https:\S+ shows is not trusted .*--ca/);
  });

  it("is what certificates are for", async () => {
    const home = await createFolder();
    const asked = ["search", "thesis", "--home", home, "--endpoint", "http://127.0.0.1:1"];
    const { code, stderr } = await runFustor([...asked, "--key", "k", "--ca", made("ca")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--ca.* are for an endpoint with https:/);
  });
});
