import type { FastifyRequest } from "fastify";

/**
 * The cookie is named for the port that the browser asked: cookies of one machine are shared by all
 * its ports, and two Fusions must not log each other's users out.
 */
function nameOf({ host }: FastifyRequest): string {
  const port = /:(\d+)$/.exec(host)?.[1] ?? "default";
  return `fustor_fusion_${port}`;
}

/** The token that a browser brings; undefined without one. */
export function readLoginCookie(request: FastifyRequest): string | undefined {
  const name = nameOf(request);
  for (const part of request.headers.cookie?.split(";") ?? []) {
    const [key = "", value = ""] = part.trim().split("=", 2);
    if (key === name && value !== "") return value;
  }
  return undefined;
}

/** Makes the browser keep a token; without one it forgets what it kept. */
export function writeLoginCookie(request: FastifyRequest, token: string | undefined): string {
  return [
    `${nameOf(request)}=${token ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    ...(request.protocol === "https" ? ["Secure"] : []),
    ...(token === undefined ? ["Max-Age=0"] : []),
  ].join("; ");
}
