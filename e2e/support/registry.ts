import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AtEnd } from "./at-end.js";
import { eventually } from "./eventually.js";
import { freePort } from "./loopback.js";
import { npmEnvironment, root, runOk, start } from "./processes.js";

/** An npm registry on loopback that holds the packages of this checkout as they would be released. */
export interface Registry {
  readonly url: string;
  /** What makes npm and pnpm use it, and nothing of the user's. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Packs every public package and publishes it to a registry of its own in `folder`. Packages of
 * other people come from the registry that npm is set to.
 */
export async function startRegistry(folder: string, atEnd: AtEnd): Promise<Registry> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}/`;
  const config = join(folder, "verdaccio.yaml");
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await settings(folder)));
  const binary = createRequire(import.meta.url).resolve("verdaccio/bin/verdaccio");
  const server = start(process.execPath, [binary, "--config", config, "--listen", url], {
    cwd: folder,
  });
  atEnd(() => server.kill());
  await eventually(
    async () => {
      if (!server.isRunning()) throw new Error(server.output());
      return (await fetch(`${url}-/ping`)).ok || undefined;
    },
    { what: "the registry", withinMs: 60_000 },
  );

  const env = {
    npm_config_registry: url,
    npm_config_cache: join(folder, "npm-cache"),
    npm_config_userconfig: join(folder, "npmrc"),
    npm_config_fetch_retries: "0",
    npm_config_update_notifier: "false",
    // Nothing is published while the tests run: what was asked once need not be asked again.
    npm_config_prefer_offline: "true",
    // pnpm's own words for the same.
    pnpm_config_registry: url,
    pnpm_config_prefer_offline: "true",
    pnpm_config_store_dir: join(folder, "pnpm-store"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_DATA_HOME: join(folder, "data"),
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CONFIG_HOME: join(folder, "config"),
  };
  const token = await register(url);
  await writeFile(env.npm_config_userconfig, `//127.0.0.1:${String(port)}/:_authToken=${token}\n`);
  for (const tarball of await pack(join(folder, "tarballs"))) {
    await runOk("npm", ["publish", tarball], { cwd: folder, env });
  }
  return { url, env };
}

/** Packs packages of the checkout, by default all that are released; returns the tarballs. */
export async function pack(to: string, ...folders: readonly string[]): Promise<readonly string[]> {
  const script = join(root, "scripts/pack.mjs");
  const lines = await runOk(process.execPath, [script, to, ...folders], { cwd: root });
  return lines
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { tarball: string }).tarball);
}

async function settings(folder: string): Promise<object> {
  // The caller's settings, which our own programs are not given, decide about the registry.
  const env = npmEnvironment();
  const upstream = (await runOk("npm", ["config", "get", "registry"], { cwd: root, env })).trim();
  const anyone = { access: "$all", publish: "$authenticated" };
  return {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd"), max_users: 10 } },
    uplinks: { upstream: { url: upstream, cache: true, maxage: "60m" } },
    packages: {
      "@fustor/*": anyone,
      fustor: anyone,
      "**": { access: "$all", proxy: "upstream" },
    },
    log: { type: "stdout", format: "json", level: "warn" },
  };
}

async function register(url: string): Promise<string> {
  const user = { name: "publisher", password: "publisher-of-tests", type: "user" };
  const response = await fetch(`${url}-/user/org.couchdb.user:${user.name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ _id: `org.couchdb.user:${user.name}`, ...user, roles: [] }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`No user could be made: ${String(response.status)}`);
  return token;
}
