import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { FustorError } from "../errors.js";

/** Files in PEM that a command line names, for addresses that begin with `https:`. */
export interface TlsFiles {
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

const NAMES = {
  ca: "--ca (or FUSTOR_CA)",
  clientCert: "--client-cert (or FUSTOR_CLIENT_CERT)",
  clientKey: "--client-key (or FUSTOR_CLIENT_KEY)",
} as const satisfies Record<keyof TlsFiles, string>;

/**
 * Whom to trust in place of the authorities of the machine, and which certificate to show; undefined
 * where nothing is said. An option wins over the environment. Throws `USAGE` naming the file that
 * cannot be used.
 */
export function readTlsFiles(
  options: TlsFiles,
  env: NodeJS.ProcessEnv,
): SecureContextOptions | undefined {
  const named = {
    ca: options.ca ?? env["FUSTOR_CA"] ?? "",
    clientCert: options.clientCert ?? env["FUSTOR_CLIENT_CERT"] ?? "",
    clientKey: options.clientKey ?? env["FUSTOR_CLIENT_KEY"] ?? "",
  };
  if (Object.values(named).every((file) => file === "")) return undefined;
  if ((named.clientCert === "") !== (named.clientKey === "")) {
    throw new FustorError(
      "USAGE",
      `${NAMES.clientCert} and ${NAMES.clientKey} go together: name both, or none.`,
    );
  }
  const [ca, cert, key] = (["ca", "clientCert", "clientKey"] as const).map((which) =>
    named[which] === "" ? undefined : read(which, named[which]),
  );
  // Of authorities that are none the library says nothing: it would trust nobody.
  if (ca !== undefined) tryOut("ca", named.ca, () => new X509Certificate(ca));
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  tryOut("clientCert", named.clientCert, () => createSecureContext(tls));
  return tls;
}

function read(which: keyof TlsFiles, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw wrong(which, `names ${file}, which cannot be read (${code})`, cause);
  }
}

function tryOut(which: keyof TlsFiles, file: string, use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const fit = which === "ca" ? "" : ", or none that fits its key";
    throw wrong(which, `names ${file}, which holds no certificate in PEM${fit} (${reason})`, cause);
  }
}

function wrong(which: keyof TlsFiles, words: string, cause: unknown): FustorError {
  return new FustorError("USAGE", `${NAMES[which]} ${words}.`, { cause });
}
