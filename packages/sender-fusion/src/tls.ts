import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ConfigError, type ConfigOf } from "@fustor/core";
import type { configSchema } from "./config.js";

type Config = ConfigOf<typeof configSchema>;

/**
 * Whom to trust, and who we are, beyond what the machine says. Throws `ConfigError` naming the file that
 * cannot be used.
 */
export function readTls({ endpoint, ca, client_cert, client_key }: Config): SecureContextOptions {
  const files = { ca, client_cert, client_key };
  const given = Object.values(files).some((file) => file !== undefined);
  if (given && !endpoint.startsWith("https:")) {
    throw wrong("/endpoint", "must begin with https:// where ca or client_cert is set");
  }
  if ((client_cert === undefined) !== (client_key === undefined)) {
    throw wrong("/client_cert", "and client_key go together: set both or none");
  }
  const options: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } = {
    ...read("ca", "/ca", ca),
    ...read("cert", "/client_cert", client_cert),
    ...read("key", "/client_key", client_key),
  };
  // Of authorities that are none the library says nothing: it would trust nobody.
  const { ca: authorities } = options;
  if (authorities !== undefined) tryOut("/ca", () => new X509Certificate(authorities));
  tryOut("/client_cert", () => createSecureContext(options));
  return options;
}

function read<Name extends string>(
  name: Name,
  path: string,
  file: string | undefined,
): Partial<Record<Name, Buffer>> {
  if (file === undefined) return {};
  try {
    return { [name]: readFileSync(file) } as Record<Name, Buffer>;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw wrong(path, `names the file ${file}, which cannot be read (${code})`);
  }
}

function tryOut(path: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(path, `holds no certificate that can be used, or not with client_key (${reason})`);
  }
}

function wrong(path: string, message: string): ConfigError {
  return new ConfigError("sender fusion", [{ path, message }]);
}
