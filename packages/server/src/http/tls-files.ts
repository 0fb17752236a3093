import { X509Certificate } from "node:crypto";
import { stat, readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { FustorError, type Clock, type Logger } from "@fustor/core";
import type { FusionConfig } from "../config.js";
import type { Servers } from "./servers.js";

export type TlsConfig = NonNullable<FusionConfig["listen"]["tls"]>;

const LOOK_EVERY_MS = 5_000;

/** The contents of the files. Throws `START_FAILED` naming the file, or saying that they do not fit. */
export async function readTlsFiles(config: TlsConfig): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    read("cert", config.cert),
    read("key", config.key),
    config.client_ca === undefined ? undefined : read("client_ca", config.client_ca),
  ]);
  const options = { cert, key, ...(ca === undefined ? {} : { ca }) };
  try {
    // Of authorities that are none the library says nothing: nobody would get in.
    if (ca !== undefined) new X509Certificate(ca);
    createSecureContext(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FustorError(
      "START_FAILED",
      `The certificate ${config.cert} and the key ${config.key} cannot be used (${reason}). Set ` +
        "listen.tls to a certificate in PEM and to the key that belongs to it.",
      { cause },
    );
  }
  return options;
}

/** Hands the servers what the files hold whenever that changes, until the signal aborts. */
export async function followTlsFiles(
  config: TlsConfig,
  {
    servers,
    clock,
    logger,
  }: { readonly servers: Servers; readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  let seen = await markOf(config);
  for (;;) {
    try {
      await clock.sleep(LOOK_EVERY_MS, signal);
    } catch {
      return;
    }
    const mark = await markOf(config);
    if (mark === seen) continue;
    try {
      servers.renew(await readTlsFiles(config));
      logger.info({ cert: config.cert }, "certificate renewed");
      seen = mark;
    } catch (err) {
      // Perhaps half of them are written yet: the old ones serve until the new ones fit.
      if (seen !== "") logger.warn({ err }, "new certificate not used");
      seen = "";
    }
  }
}

async function read(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new FustorError(
      "START_FAILED",
      `The file ${file} of listen.tls.${option} cannot be read (${code}). Correct the path, or let this ` +
        "user read it.",
      { cause },
    );
  }
}

/** Differs once one of the files is another. */
async function markOf({ cert, key, client_ca }: TlsConfig): Promise<string> {
  const marks = [cert, key, client_ca ?? ""].map(async (file) => {
    if (file === "") return "";
    const facts = await stat(file, { bigint: true }).catch(() => undefined);
    if (facts === undefined) return "missing";
    return [facts.ino, facts.mtimeNs, facts.ctimeNs, facts.size].map(String).join(":");
  });
  return (await Promise.all(marks)).join(" ");
}
