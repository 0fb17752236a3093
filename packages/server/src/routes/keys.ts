import { FustorError } from "@fustor/core";
import { hideKeys } from "@fustor/core/host";
import {
  keyRequestSchema,
  type KeyJson,
  type KeyMade,
  type KeyRequest,
  type Keys,
} from "@fustor/protocol";
import type { FastifyInstance } from "fastify";
import { scopesOf } from "../http/access.js";
import { requireNoParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import type { KeyInfo, KeyStore } from "../keys.js";
import { Problem } from "../problem.js";

type Plain = { Querystring: Query };
type OfOne = Plain & { Params: { id: string } };

/** The keys of this Fusion, for who may do everything: which there are, new ones, and their end. */
export function addKeyRoutes(app: FastifyInstance, { keys }: { readonly keys: KeyStore }): void {
  const access = "admin" as const;
  const base = "/api/v1/keys";

  app.get<Plain>(
    base,
    { config: { access, answer: "Keys" }, schema: { summary: "All keys, without their secrets" } },
    async ({ query }): Promise<Keys> => {
      requireNoParameters(query);
      return { keys: (await told(keys.list())).map(toJson) };
    },
  );

  app.post<Plain & { Body: KeyRequest }>(
    base,
    {
      config: { access, unlogged: true, answer: "KeyMade", status: 201 },
      schema: { summary: "Makes a key", body: keyRequestSchema },
      attachValidation: true,
    },
    async (request, reply): Promise<KeyMade> => {
      requireNoParameters(request.query);
      if (request.validationError !== undefined) throw badBody(request.validationError);
      const { name, scopes, expires_at: end = null } = request.body;
      const made = await told(
        keys.create({
          scopes,
          ...(name === undefined ? {} : { name }),
          ...(end === null ? {} : { expiresAt: end * 1_000 }),
        }),
      );
      request.auditTarget = `${made.id} ${scopes.join(" ")}`;
      return reply.code(201).send(made);
    },
  );

  app.delete<OfOne>(
    `${base}/:id`,
    { config: { access, unlogged: true, status: 204 }, schema: { summary: "Ends a key" } },
    async (request, reply) => {
      const { id } = request.params;
      requireNoParameters(request.query);
      if (id === scopesOf(request).keyId) throw ownKey();
      if (!(await told(keys.revoke(id)))) throw unknown(id);
      return reply.code(204).send();
    },
  );
}

function toJson({ id, name, scopes, createdAt, expiresAt }: KeyInfo): KeyJson {
  return {
    id,
    ...(name === undefined ? {} : { name }),
    scopes,
    created_at: createdAt / 1_000,
    expires_at: expiresAt === undefined ? null : expiresAt / 1_000,
  };
}

/** What the keys' own errors say to who asked; somebody may have put a key where a scope belongs. */
async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FustorError)) throw error;
    throw new Problem(error.code === "USAGE" ? "BAD_REQUEST" : "INTERNAL", hideKeys(error.message));
  }
}

function badBody(error: Error): Problem {
  return new Problem("BAD_REQUEST", `The body is not that of a key: ${error.message}.`, {
    hint: 'Send {"scopes": ["query:VIEW"], "name": "report", "expires_at": null}.',
  });
}

function ownKey(): Problem {
  return new Problem("BAD_REQUEST", "This is the key that you ask with: it cannot end itself.", {
    status: 409,
    hint: "Log in with another one that may do everything, or use: fustor-fusion keys revoke ID",
  });
}

function unknown(id: string): Problem {
  return new Problem("NOT_FOUND", `There is no key ${hideKeys(id).toWellFormed()}.`, {
    hint: "An id is the twelve characters behind fk_; GET /api/v1/keys lists all.",
  });
}
