import type { Clock } from "@fustor/core";
import { isFromOwnPage, isOwnHost } from "@fustor/core/host";
import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { KeyStore } from "../keys.js";
import { Problem } from "../problem.js";
import type { Scopes } from "../scopes.js";
import { readLoginCookie } from "./login-cookie.js";
import type { Logins } from "./logins.js";
import type { OpenCalls } from "./open-calls.js";
import { RequestRate } from "./request-rate.js";

/** Where a browser logs in, asks whether it is logged in, and leaves. */
export const LOGIN = "/api/v1/login";
export const LOGOUT = "/api/v1/logout";

/**
 * Who may call a route.
 *
 * - `public`: anybody
 * - `key`: any living key
 * - `ingest`: a key that may feed a pipe; the handler checks which one
 * - `query`: a key that may read the view named by the route's `:view` or a part of it, which the
 *   handler sees to; without a `:view`, any view
 * - `admin`: a key with the scope `admin`
 */
export type Access = "public" | "key" | "ingest" | "query" | "admin";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
    /** What it changes stands elsewhere: it is done also while the log cannot be written. */
    readonly unlogged?: true;
  }
  interface FastifyRequest {
    /** The rights of the caller's key; undefined on public routes. */
    scopes: Scopes | undefined;
  }
}

export interface Guard {
  readonly keys: KeyStore;
  readonly logins: Logins;
  /** Where calls are noted that a key's end cuts off. */
  readonly calls: OpenCalls;
  readonly clock: Clock;
  /** Names by which browsers may reach us, beside addresses and this machine's own. */
  readonly allowedHosts: readonly string[];
  /** Of one key. */
  readonly requestsPerSecMax: number;
}

/** Strangers have no business here: one request of theirs for so many of a key. */
const STRANGERS_SHARE = 100;

/**
 * Checks the key of every request, or the login that stands for one. A route that does not declare
 * its access cannot be added.
 */
export function guardAccess(app: FastifyInstance, guard: Guard): void {
  const { keys, calls, clock, requestsPerSecMax: most } = guard;
  const rate = new RequestRate(clock, most);
  const strangers = new RequestRate(clock, Math.max(1, Math.floor(most / STRANGERS_SHARE)));
  app.decorateRequest("scopes", undefined);
  app.addHook("onRoute", requireAccess);
  app.addHook("onRequest", async (request, reply) => {
    const { access } = request.routeOptions.config;
    const key = keyOf(request);
    if (request.is404 || access === "public") {
      if (isLogin(request)) strangers.count(request.ip);
      rate.count(request.ip);
      requireOwnHost(request, guard);
      if (isFromOwnPage(request.headers) === false && key === undefined) requireHarmless(request);
      return;
    }
    const scopes = key === undefined ? loggedIn(request, guard) : keys.check(key);
    if (scopes === undefined) {
      strangers.count(request.ip);
      throw unauthorized(key === undefined ? "API key required" : wrongKey(request.url));
    }
    rate.count(scopes.keyId);
    if (!isAllowed(access, scopes, request)) {
      const hint = "Make a key with the right scope: fustor-fusion keys create --scope ...";
      throw new Problem("FORBIDDEN", `The key ${scopes.keyId} may not do this.`, { hint });
    }
    request.scopes = scopes;
    calls.add(scopes.keyId, reply.raw);
  });
}

/** Of a login, the rights of the key that it stands for; undefined without one. */
function loggedIn(request: FastifyRequest, guard: Guard): Scopes | undefined {
  const token = readLoginCookie(request);
  if (token === undefined) return undefined;
  requireOwnHost(request, guard);
  const isOwn = isFromOwnPage(request.headers);
  // Pages of other ports of this machine count as the same site: the browser adds the cookie.
  if (isOwn === false) return undefined;
  if (isOwn === undefined) requireHarmless(request);
  const keyId = guard.logins.keyIdOf(token);
  return keyId === undefined ? undefined : guard.keys.find(keyId);
}

/** Answers 421 to who reaches us by a name that is not ours. */
function requireOwnHost({ headers }: FastifyRequest, { allowedHosts }: Guard): void {
  if (isOwnHost(headers.host, allowedHosts)) return;
  const name = JSON.stringify(headers.host);
  throw new Problem("BAD_REQUEST", `This Fusion does not go by the name ${name}.`, {
    status: 421,
    hint: "Ask by its address, or add the name to listen.allowed_hosts in fusion-config.yaml.",
  });
}

/** Answers 403 to a page of somebody else that would change something. */
function requireHarmless({ method }: FastifyRequest): void {
  if (method === "GET" || method === "HEAD") return;
  throw new Problem("FORBIDDEN", "This did not come from a page of this Fusion.", {
    hint: "Programs send the key as X-API-Key.",
  });
}

function isLogin({ method, routeOptions }: FastifyRequest): boolean {
  return method === "POST" && routeOptions.url === LOGIN;
}

function unauthorized(message: string): Problem {
  return new Problem("UNAUTHORIZED", message, { headers: { "www-authenticate": "Bearer" } });
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
      return view === undefined ? scopes.queriesAny : scopes.partsOf(view).length > 0;
    }
    case "public":
    case "key":
      return true;
    case "admin":
    case undefined:
      return scopes.admin;
  }
}
