import { FustorClient } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { createHttpsFetch, readTlsFiles, type Fetch, type TlsFiles } from "@fustor/core/cli";
import { requireText, resolveHome } from "@fustor/core/host";
import { resolve } from "node:path";
import { readConnection } from "../up/connection.js";
import { readAdminKey } from "../up/keys.js";

/** The options that all commands that ask have. */
export interface ConnectOptions extends TlsFiles {
  readonly endpoint?: string;
  readonly key?: string;
  readonly view?: string;
  readonly home?: string;
}

interface ConnectContext {
  readonly env?: NodeJS.ProcessEnv;
  /** The command decides something: the pair's own key for that is used. */
  readonly admin?: boolean;
}

/** A view, and where it is asked. */
export interface Connected {
  readonly client: FustorClient;
  readonly endpoint: string;
}

/**
 * Finds the Fusion to ask: an option wins over the environment, which wins over what the pair of
 * this home wrote. The pair's key is for its own address only.
 *
 * Throws `NOT_RUNNING` when none is named and no pair ever ran, `USAGE` when there is no key, or a
 * certificate that cannot be used.
 */
export async function connect(
  options: ConnectOptions,
  { env = process.env, admin = false }: ConnectContext = {},
): Promise<Connected> {
  requireText("--home", options.home);
  const home = options.home === undefined ? resolveHome(env) : resolve(options.home);
  const known = await readConnection(home);
  const endpoint = options.endpoint ?? named(env["FUSTOR_ENDPOINT"]) ?? known.endpoint;
  if (endpoint === undefined) {
    throw new FustorError(
      "NOT_RUNNING",
      `No Fusion is known in ${home}. Start one with: fustor up DIR, or name one by --endpoint and --key.`,
    );
  }
  const isPair = trim(endpoint) === trim(known.endpoint ?? "");
  const pairKey = async () => (admin ? readAdminKey(home) : known.query_key);
  const key = options.key ?? named(env["FUSTOR_KEY"]) ?? (isPair ? await pairKey() : undefined);
  if (key === undefined) {
    throw new FustorError(
      "USAGE",
      `There is no key for ${endpoint}. Give one by --key or FUSTOR_KEY; ` +
        `make one with: fustor-fusion keys create --scope ${admin ? "admin" : "query:VIEW"}`,
    );
  }
  const view = options.view ?? (isPair ? known.view : undefined) ?? "default";
  const fetch = chooseFetch(endpoint, options, env);
  return { client: new FustorClient({ endpoint, key, view, ...(fetch && { fetch }) }), endpoint };
}

/** Undefined: the global one, which trusts the authorities of the machine. */
function chooseFetch(
  endpoint: string,
  options: ConnectOptions,
  env: NodeJS.ProcessEnv,
): Fetch | undefined {
  if (endpoint.startsWith("https:")) {
    const tls = readTlsFiles(options, env);
    return tls && createHttpsFetch(tls);
  }
  // What the environment says may be meant for other Fusions.
  if (readTlsFiles(options, {}) === undefined) return undefined;
  throw new FustorError(
    "USAGE",
    `--ca, --client-cert and --client-key are for an endpoint with https://, not for ${endpoint}.`,
  );
}

/** A variable that is set to nothing is not set. */
function named(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function trim(endpoint: string): string {
  return endpoint.replace(/\/+$/, "");
}
