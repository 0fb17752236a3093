import { silentLogger, type Logger, type Message } from "@fustor/core";
import { changeOf, describeSenderContract, listingOf } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import echo from "../src/index.js";
import { EchoSender } from "../src/sender.js";

describeSenderContract({
  module: echo,
  createWorld: async () => ({ config: {}, dispose: async () => undefined }),
});

const request = {
  agentId: "agent",
  bootId: "boot",
  pipeId: "pipe",
  source: { schema: "fs", uri: "/data", identity: "x", scope: {}, facts: {} },
  capabilities: [],
};

describe("echo sender", () => {
  it("prints every message as a line of JSON when asked to", async () => {
    const lines: string[] = [];
    const { send } = await open({ rows: true }, (line) => lines.push(line));
    const messages = [changeOf({ upserts: { "/a": 1 } }), listingOf("/", { a: 1 })];

    await send(1, messages);

    expect(lines.map((line) => JSON.parse(line) as Message)).toEqual(messages);
  });

  it("counts a batch in one line of the log, and a retry of it not again", async () => {
    const logged: object[] = [];
    const logger: Logger = { ...silentLogger, info: (fields) => logged.push(fields) };
    const { send } = await open({ rows: false }, expect.unreachable, logger);

    await send(1, [listingOf("/", { a: 1, b: 2 })]);
    await send(1, [listingOf("/", { a: 1, b: 2 })]);

    const batches = logged.filter((fields) => "seq" in fields);
    expect(batches).toEqual([
      { session: "pipe-1", stream: "realtime", seq: 1, messages: 1, rows: 3 },
    ]);
  });
});

async function open(
  { rows }: { rows: boolean },
  print: (line: string) => void,
  logger: Logger = silentLogger,
) {
  const sender = new EchoSender({ config: { rows, audit_interval_sec: 0 }, logger, print });
  const { signal } = new AbortController();
  const session = await sender.openSession(request, signal);
  return {
    send: (seq: number, messages: readonly Message[]) =>
      session.send({ stream: "realtime", seq, messages }, signal),
  };
}
