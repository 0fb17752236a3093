import { FustorError } from "@fustor/core";
import { isOwnHost, parsePort } from "@fustor/core/host";
import { CONSOLE_POLICY, type AgentConsoleStatus } from "@fustor/console";
import type { FastifyInstance } from "fastify";
import type { AgentConfig } from "./config.js";
import { addControlRoutes } from "./control-routes.js";
import type { Control } from "./control.js";
import { addConsole, type ConsoleSource } from "./page-console.js";
import { PageServer } from "./page-server.js";
import type { AgentReport } from "./report.js";

export interface PageOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  report(): AgentReport;
  /** What can be done by the page; nothing without it. */
  readonly control?: Control;
  /** What the page shows beyond the report; nothing without it. */
  readonly console?: ConsoleSource;
}

/** Where the page is to be served. `FUSTOR_AGENT_PORT` wins. Throws `USAGE` when it is no port. */
export function chooseListen(
  { listen }: AgentConfig,
  env: NodeJS.ProcessEnv,
): AgentConfig["listen"] {
  const text = env["FUSTOR_AGENT_PORT"] ?? "";
  return text === "" ? listen : { ...listen, port: parsePort("FUSTOR_AGENT_PORT", text) };
}

/** The agent's page, being served. */
export interface Page {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the agent's page: `/` for people, `/api/status` for programs, `/healthz` for monitors.
 *
 * Throws `PORT_IN_USE`.
 */
export async function openPage(options: PageOptions): Promise<Page> {
  const { host, port } = options;
  let app: FastifyInstance | undefined;
  const server = new PageServer(async () => {
    const page = await createPage(options);
    app = page;
    await page.ready();
    return (request, response) => {
      page.routing(request, response);
    };
  });
  try {
    const url = await server.listen(host, port);
    const close = async () => {
      await server.close();
      await app?.close();
    };
    return { url, close };
  } catch (error) {
    throw toListenError(error, host, port);
  }
}

/** The server without a port, for tests. */
export async function createPage({
  host,
  report,
  control,
  console,
}: Pick<PageOptions, "host" | "report" | "control" | "console">): Promise<FastifyInstance> {
  // Loaded only here, so that commands start quickly, and an agent that nobody looks at stays small.
  const { default: fastify } = await import("fastify");
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(SECURITY_HEADERS);
    if (isOwnHost(request.headers.host, [host])) return;
    await reply.code(403).send({ error: { code: "FORBIDDEN", message: "Unknown host name." } });
  });
  await addConsole(app, console);
  app.get("/api/status", (_request, reply) => {
    // What the console reads of it is checked here, by its type.
    const status: AgentReport & AgentConsoleStatus = report();
    return reply.header("cache-control", "no-store").send(status);
  });
  app.get("/healthz", () => ({ status: "ok" }));
  if (control !== undefined) addControlRoutes(app, control);
  const { addMetricsRoute } = await import("./metrics.js");
  addMetricsRoute(app, report);
  return app;
}

const SECURITY_HEADERS = {
  "content-security-policy": CONSOLE_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

function toListenError(error: unknown, host: string, port: number): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  const address = `${host}:${String(port)}`;
  switch (code) {
    case "EADDRINUSE":
      return new FustorError(
        "PORT_IN_USE",
        `The agent's page cannot use ${address}: another process listens there. Set listen.port ` +
          "in the configuration, or FUSTOR_AGENT_PORT, to another port (0 takes a free one).",
        { cause: error },
      );
    case "EACCES":
      return new FustorError(
        "START_FAILED",
        `The agent's page cannot use ${address}: this user may not. Choose a port above 1023.`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new FustorError(
        "START_FAILED",
        `The agent's page cannot use ${address}: this machine has no such address. ` +
          "Correct listen.host in the configuration.",
        { cause: error },
      );
    default:
      return error;
  }
}
