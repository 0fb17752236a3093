import { hideKeys } from "@fustor/core/host";
import type { FastifyInstance } from "fastify";
import type { AuditLog } from "../audit-log.js";
import { LOGIN } from "./access.js";

declare module "fastify" {
  interface FastifyRequest {
    /** What a call was about, where its path does not say so; without secrets. */
    auditTarget: string | undefined;
  }
}

/** Notes every call that decides something, with the key that it was made with, and how it ended. */
export function auditCalls(app: FastifyInstance, audit: AuditLog): void {
  app.decorateRequest("auditTarget", undefined);
  app.addHook("onResponse", async (request, { statusCode }) => {
    const { method, url, routeOptions, scopes, auditTarget: target } = request;
    const isDecision = routeOptions.config.access === "admin" && method !== "GET";
    const isLogin = routeOptions.url === LOGIN && method === "POST" && statusCode === 200;
    if (scopes === undefined || (!isDecision && !isLogin)) return;
    // Without what stands behind the path: somebody may have put a key there, or in place of an id.
    const what = hideKeys(`${method} ${url.split("?", 1)[0] ?? ""}`);
    const about = target === undefined ? {} : { target };
    audit.write({ who: scopes.keyId, what, ...about, result: statusCode });
  });
}
