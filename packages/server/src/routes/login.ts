import type { FastifyInstance } from "fastify";
import { LOGIN, LOGOUT, scopesOf } from "../http/access.js";
import { readLoginCookie, writeLoginCookie } from "../http/login-cookie.js";
import type { Logins } from "../http/logins.js";
import type { KeyStore } from "../keys.js";
import { Problem } from "../problem.js";
import type { Scopes } from "../scopes.js";

const loginSchema = {
  type: "object",
  required: ["key"],
  additionalProperties: false,
  properties: { key: { type: "string", maxLength: 200 } },
} as const;

interface Known {
  readonly keys: KeyStore;
  readonly logins: Logins;
}

/** Browsers hand over a key once and get a cookie that no script can read. */
export function addLoginRoutes(app: FastifyInstance, { keys, logins }: Known): void {
  const open = { access: "public", unlogged: true } as const;

  app.post<{ Body: { readonly key: string } }>(
    LOGIN,
    { config: open, schema: { body: loginSchema } },
    async (request, reply) => {
      const scopes = keys.check(request.body.key);
      if (scopes === undefined) {
        throw new Problem("UNAUTHORIZED", "This is not a key of this Fusion, or none any more.", {
          hint: "Make one: fustor-fusion keys create --scope query:VIEW",
        });
      }
      request.scopes = scopes;
      const old = readLoginCookie(request);
      if (old !== undefined) logins.close(old);
      const cookie = writeLoginCookie(request, logins.open(scopes.keyId));
      return reply.header("set-cookie", cookie).send(toJson(scopes));
    },
  );

  app.get(LOGIN, { config: { access: "key" } }, async (request) => toJson(scopesOf(request)));

  app.post(LOGOUT, { config: open }, async (request, reply) => {
    const token = readLoginCookie(request);
    if (token !== undefined) logins.close(token);
    return reply.header("set-cookie", writeLoginCookie(request, undefined)).code(204).send();
  });
}

function toJson({ keyId, list, facts: { name, expiresAt } }: Scopes): object {
  return {
    key_id: keyId,
    ...(name === undefined ? {} : { name }),
    scopes: list,
    expires_at: expiresAt === undefined ? null : expiresAt / 1000,
  };
}
