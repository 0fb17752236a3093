import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import type { Access } from "./access.js";
import { ANSWERS } from "./answers.js";

/** Notes all routes that are added from now on, for the OpenAPI document. */
export async function noteRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Fustor Fusion",
        version: "1",
        description: "What is where on storage that many machines write to.",
      },
      components: {
        securitySchemes: {
          key: { type: "apiKey", in: "header", name: "X-API-Key" },
          bearer: { type: "http", scheme: "bearer" },
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      schema: describe(schema, url, route.config ?? {}),
      url,
    }),
  });
}

/** `GET /api/v1/openapi.json`: the document, made of what the routes are added with. */
export function addOpenApiRoute(app: FastifyInstance): void {
  app.get("/api/v1/openapi.json", { config: { access: "public" } }, async () => app.swagger());
}

interface RouteFacts {
  readonly access?: Access;
  readonly answer?: string;
  readonly status?: number;
}

function describe(
  schema: FastifySchema | undefined,
  url: string,
  { access, answer, status = 200 }: RouteFacts,
): FastifySchema {
  const shape = answer === undefined ? undefined : ANSWERS[answer];
  const needsKey = access !== "public";
  return {
    tags: [url.includes("/pipe/") ? "agents" : url.includes("/views") ? "query" : "operations"],
    ...withoutOurWords(schema),
    security: needsKey ? [{ key: [] }, { bearer: [] }] : [],
    response: {
      ...(shape === undefined
        ? {}
        : { [status]: { ...shape, title: answer, description: "Done." } }),
      ...(shape === undefined ? { [status]: { description: "Done.", type: "null" } } : {}),
    },
  };
}

/** `patternMeans` is a word of our own: the description says the same. */
function withoutOurWords(schema: FastifySchema | undefined): FastifySchema {
  if (schema?.querystring === undefined) return schema ?? {};
  const text = JSON.stringify(schema.querystring, (key, value: unknown) =>
    key === "patternMeans" ? undefined : value,
  );
  return { ...schema, querystring: JSON.parse(text) as unknown };
}
