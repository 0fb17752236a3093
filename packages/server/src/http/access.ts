import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { KeyStore } from "../keys.js";
import { Problem } from "../problem.js";
import type { Scopes } from "../scopes.js";

/**
 * Who may call a route.
 *
 * - `public`: anybody
 * - `ingest`: a key that may feed a pipe; the handler checks which one
 * - `query`: a key that may read the view named by the route's `:view`, or any view without one
 * - `admin`: a key with the scope `admin`
 */
export type Access = "public" | "ingest" | "query" | "admin";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
  }
  interface FastifyRequest {
    /** The rights of the caller's key; undefined on public routes. */
    scopes: Scopes | undefined;
  }
}

/** Checks the key of every request. A route that does not declare its access cannot be added. */
export function guardAccess(app: FastifyInstance, keys: KeyStore): void {
  app.decorateRequest("scopes", undefined);
  app.addHook("onRoute", requireAccess);
  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    if (access === "public") return;
    const scopes = authenticate(request, keys);
    if (!isAllowed(access, scopes, request)) {
      const hint = "Make a key with the right scope: fustor-fusion keys create --scope ...";
      throw new Problem("FORBIDDEN", `The key ${scopes.keyId} may not do this.`, { hint });
    }
    request.scopes = scopes;
  });
}

/** The rights of a caller on a route that is not public. */
export function scopesOf(request: FastifyRequest): Scopes {
  if (request.scopes === undefined) throw new Error("a public route knows no scopes");
  return request.scopes;
}

function requireAccess({ method, url, config }: RouteOptions): void {
  if (config?.access !== undefined) return;
  throw new Error(
    `The route ${String(method)} ${url} does not say who may call it (config.access).`,
  );
}

function authenticate(request: FastifyRequest, keys: KeyStore): Scopes {
  const key = keyOf(request);
  const headers = { "www-authenticate": "Bearer" };
  if (key === undefined) throw new Problem("UNAUTHORIZED", "API key required", { headers });
  const scopes = keys.check(key);
  if (scopes === undefined) throw new Problem("UNAUTHORIZED", wrongKey(request.url), { headers });
  return scopes;
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** The two parts of v1 word it differently. */
function wrongKey(url: string): string {
  return /^\/api\/v\d\/pipe\/(?:session|ingest)/.test(url)
    ? "Invalid API key"
    : "Invalid or inactive X-API-Key";
}

function isAllowed(access: Access | undefined, scopes: Scopes, request: FastifyRequest): boolean {
  switch (access) {
    case "ingest":
      return scopes.ingestsAny;
    case "query": {
      const { view } = request.params as { readonly view?: string };
      return view === undefined ? scopes.queriesAny : scopes.allows(`query:${view}`);
    }
    case "public":
      return true;
    case "admin":
    case undefined:
      return scopes.admin;
  }
}
