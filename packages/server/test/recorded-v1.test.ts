import { describe, expect, it } from "vitest";
import { exchanges, type Exchange } from "../../protocol/test/exchanges.js";
import { createWorld, type World } from "./support.js";

const PIPE = {
  id: "view1",
  view_ids: ["view1"],
  session_timeout_seconds: 9,
  audit_interval_sec: 15,
  sentinel_interval_sec: 5,
};

describe("recorded v1 exchanges", () => {
  it.each(exchanges.map((each, line) => ({ ...each, line: line + 1 })))(
    "line $line ($class): $method $path -> $status",
    async (exchange) => {
      const world = await createWorld({
        views: [{ id: "view1", type: "fs", config: {} }],
        pipes: [PIPE],
      });
      const session = await prepare(world, exchange.world);
      const { status, body, text } = await replay(world, exchange, session);
      const expected = exchange.class === "defect" ? exchange.instead : exchange;
      expect(status).toBe(expected?.status);
      const wanted: unknown = JSON.parse(
        JSON.stringify(expected?.response ?? null).replaceAll("{session}", session),
      );
      if (wanted === null) {
        if (exchange.class === "keep") expect(text).toBe("");
      } else if (exchange.class === "shape-only") {
        expectShape(body, wanted, "");
      } else {
        expect(body).toMatchObject(wanted as object);
        if (Array.isArray(wanted)) expect(body).toHaveLength(wanted.length);
      }
    },
  );
});

/** Makes the state that the exchange presumes and returns the youngest session. */
async function prepare(world: World, name: Exchange["world"]): Promise<string> {
  if (name === "empty") return "none";
  const leader = await open(world, "agent-a:p1");
  if (name === "leader") return leader;
  if (name === "follower") return open(world, "agent-b:p1");
  const isSnapshot = ({ request }: Exchange) => has(request, '"source_type":"snapshot"');
  const steps = exchanges.filter(isSnapshot);
  if (name === "changes") {
    steps.push(...exchanges.filter(isOpenWrite), ...exchanges.filter(isRename));
  }
  for (const step of steps) {
    const { status, text } = await replay(world, step, leader);
    if (status !== 200) throw new Error(text);
  }
  return leader;
}

/** Somebody writes a file and has not closed it. */
const isOpenWrite = ({ request }: Exchange): boolean =>
  has(request, '"/n1.txt"') && has(request, '"is_atomic_write":false');

const isRename = ({ request }: Exchange): boolean => has(request, '"/uni-');

const has = (request: object | null, text: string): boolean =>
  JSON.stringify(request).includes(text);

async function open(world: World, taskId: string): Promise<string> {
  const { body } = await world.call("POST", "/api/v1/pipe/session/", { task_id: taskId });
  return (body as { session_id: string }).session_id;
}

function replay(world: World, { method, path, request, key }: Exchange, session: string) {
  const fill = (text: string): string => text.replaceAll("{session}", session);
  const body = request === null ? undefined : (JSON.parse(fill(JSON.stringify(request))) as object);
  const keys = { right: world.admin, wrong: "wrong", missing: null };
  return world.call(method as "GET", encodeURI(fill(path)), body, { key: keys[key] });
}

/** Every recorded field with a value of the same JSON type; null fits any. */
function expectShape(actual: unknown, recorded: unknown, where: string): void {
  if (recorded === null || actual === null) return;
  if (Array.isArray(recorded)) {
    expect(Array.isArray(actual), `${where} is a list`).toBe(true);
    const [first] = actual as unknown[];
    if (first !== undefined && recorded.length > 0) expectShape(first, recorded[0], `${where}[0]`);
    return;
  }
  expect(typeof actual, where).toBe(typeof recorded);
  if (typeof recorded !== "object") return;
  for (const [name, value] of Object.entries(recorded)) {
    expect(actual, where).toHaveProperty([name]);
    expectShape((actual as Record<string, unknown>)[name], value, `${where}.${name}`);
  }
}
