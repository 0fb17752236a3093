import type { Logger } from "@fustor/core";
import {
  DecodeError,
  TooManyRowsError,
  V2_ERRORS,
  v2ErrorBody,
  type V2ErrorCode,
} from "@fustor/protocol";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isV2, Problem, unfit, type Fault } from "../problem.js";

/** Gives every failure its body: `{error}` under `/api/v2`, `{detail}` elsewhere. */
export function setErrorReplies(
  app: FastifyInstance,
  {
    logger,
    count,
  }: { readonly logger: Logger; readonly count: (request: FastifyRequest, code: string) => void },
): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.code === "INTERNAL") {
      logger.error({ err: error, method: request.method, url: request.url }, "request failed");
    }
    count(request, problem.code);
    return send(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    return send(new Problem("NOT_FOUND", "Not Found"), request, reply);
  });
}

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, status, message, options } = problem;
  const { hint, detail, extra, headers } = options;
  if (headers !== undefined) reply.headers(headers);
  if (isV2(request.url)) {
    // In v2 the code alone decides.
    return reply.code(V2_ERRORS[code]).send({ ...v2ErrorBody(code, message, hint), ...extra });
  }
  return reply
    .code(status)
    .send({ detail: detail ?? (hint === undefined ? message : `${message} ${hint}`) });
}

function toProblem(error: FastifyError | Problem | DecodeError): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TooManyRowsError) {
    return new Problem("TOO_LARGE", error.message, { hint: "Send smaller batches." });
  }
  if (error instanceof DecodeError) {
    const hint = "Nothing of this batch was used.";
    // v1 answers it as any other body that does not fit.
    const detail = [{ type: "value_error", loc: ["body"], msg: error.message, input: {} }];
    return new Problem("BAD_BATCH", error.message, { status: 422, detail, hint });
  }
  if (error.validation !== undefined) {
    return unfit(...error.validation.map((each) => toFault(each, error.validationContext)));
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return new Problem("INTERNAL", "Internal Server Error");
  return new Problem(CODES[status] ?? "BAD_REQUEST", error.message, { status });
}

const CODES: Readonly<Record<number, V2ErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  413: "TOO_LARGE",
  415: "UNSUPPORTED_TYPE",
};

type SchemaFault = NonNullable<FastifyError["validation"]>[number];

function toFault(
  { instancePath, keyword, params, message = "is not valid" }: SchemaFault,
  context = "body",
): Fault {
  const loc = [context, ...instancePath.split("/").slice(1)];
  if (keyword !== "required") return { type: keyword, loc, msg: message, input: null };
  const missing = String(params["missingProperty"]);
  // Bodies can be huge; v1 shows the object that lacks the field, and this is the common one.
  return { type: "missing", loc: [...loc, missing], msg: "Field required", input: {} };
}
