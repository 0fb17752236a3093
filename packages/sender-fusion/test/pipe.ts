import type { Clock, ConfigOf, SenderDriver, Session, SessionRequest } from "@fustor/core";
import { parseConfig } from "@fustor/core/host";
import { testContext } from "@fustor/testkit";
import { configSchema } from "../src/config.js";
import fusion from "../src/index.js";
import { FakeFusion, KEY } from "./fake-fusion.js";

export const fsSource: SessionRequest["source"] = {
  schema: "fs",
  uri: "/data",
  identity: "ext4:2",
  scope: { filePattern: "*", exclude: [] },
  facts: { fsType: "ext4", network: false },
};

export const request: SessionRequest = {
  agentId: "agent-a",
  bootId: "boot-1",
  pipeId: "p1",
  source: fsSource,
  capabilities: ["audit", "scan"],
};

/** An endpoint where nobody listens (any more). */
export async function freeEndpoint(): Promise<string> {
  const server = await FakeFusion.start("v2");
  const { url } = server;
  await server.stop();
  return url;
}

/** A sender for the endpoint, with the key that the fake knows. */
export async function createSender(
  endpoint: string,
  options: Readonly<Record<string, unknown>> = {},
  clock?: Clock,
): Promise<SenderDriver> {
  const given = { endpoint, credential: KEY, ...options };
  const config: ConfigOf<typeof configSchema> = parseConfig("fusion", configSchema, given);
  return fusion.create(config, testContext(clock === undefined ? {} : { clock }));
}

/** Runs `use` with a fresh server and an open session. */
export async function withSession(
  dialect: "v1" | "v2",
  use: (world: { server: FakeFusion; session: Session; signal: AbortSignal }) => Promise<void>,
  given: {
    /** Extra fields of the reply that opens the session. */
    readonly opening?: object;
    readonly options?: Readonly<Record<string, unknown>>;
    readonly clock?: Clock;
  } = {},
): Promise<void> {
  const { signal } = new AbortController();
  const server = await FakeFusion.start(dialect);
  server.opening = given.opening ?? {};
  const sender = await createSender(server.url, given.options, given.clock);
  try {
    await use({ server, session: await sender.openSession(request, signal), signal });
  } finally {
    await sender.close();
    await server.stop();
  }
}
