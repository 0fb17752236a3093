import type { ObjectSchema } from "@fustor/core";

/**
 * What a call of the query API is added with. The OpenAPI document is made of it; requests are
 * checked by `readParameters`, because all that stands in a URL is text.
 */
export function describeRead(summary: string, parameters: ObjectSchema, answer: string) {
  return {
    config: { access: "query", answer },
    schema: { summary, tags: ["query"], querystring: parameters },
    validatorCompiler: () => () => true,
  } as const;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The type of `@fustor/protocol` that the call answers with. */
    readonly answer?: string;
    /** The status of that answer. Default: 200. */
    readonly status?: number;
  }
}
