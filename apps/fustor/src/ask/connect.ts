import { FustorClient } from "@fustor/client";
import { FustorError } from "@fustor/core";
import { requireText, resolveHome } from "@fustor/core/host";
import { resolve } from "node:path";
import { readConnection } from "../up/connection.js";

/** The options that all commands that ask have. */
export interface ConnectOptions {
  readonly endpoint?: string;
  readonly key?: string;
  readonly view?: string;
  readonly home?: string;
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
 * Throws `NOT_RUNNING` when none is named and no pair ever ran, `USAGE` when there is no key.
 */
export async function connect(options: ConnectOptions, env = process.env): Promise<Connected> {
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
  const key = options.key ?? named(env["FUSTOR_KEY"]) ?? (isPair ? known.query_key : undefined);
  if (key === undefined) {
    throw new FustorError(
      "USAGE",
      `There is no key for ${endpoint}. Give one by --key or FUSTOR_KEY; ` +
        "make one with: fustor-fusion keys create --scope query:VIEW",
    );
  }
  const view = options.view ?? (isPair ? known.view : undefined) ?? "default";
  return { client: new FustorClient({ endpoint, key, view }), endpoint };
}

/** A variable that is set to nothing is not set. */
function named(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function trim(endpoint: string): string {
  return endpoint.replace(/\/+$/, "");
}
