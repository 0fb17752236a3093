import type { HoldDecision, Holds } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import {
  createWorld,
  listing,
  mark,
  openV2,
  pathsOf,
  push,
  snapshot,
  type World,
} from "./support.js";

const HOLDS = "/api/v1/views/default/holds";
/** More than the brake lets go at once. */
const COUNT = 1_200;
const NAMES = Array.from({ length: COUNT }, (_, index) => `f${String(index)}`);

/** An audit finds nothing of what a snapshot found. */
async function createHeldWorld() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["d/"], "/d": NAMES });
  let seq = 1;
  const audit = async (): Promise<void> => {
    await world.clock.advance(10);
    const at = world.clock.now();
    const list = (scope: string, names: readonly string[]) => {
      return { ...listing(scope, names, at), message_source: "audit" };
    };
    seq += 1;
    const reply = await push(world, session, "scan", seq, [
      mark("audit", "begin", at),
      list("/", ["d/"]),
      list("/d", []),
      mark("audit", "end", at),
    ]);
    if (reply.status !== 200) throw new Error(reply.text);
  };
  await audit();
  return { world, audit };
}

async function held(world: World): Promise<Holds["holds"]> {
  return ((await world.call("GET", HOLDS)).body as Holds).holds;
}

describe("holds", () => {
  it("are what the brake keeps", async () => {
    const { world } = await createHeldWorld();
    const holds = await held(world);
    expect(holds.length).toBeGreaterThan(0);
    expect(holds[0]).toMatchObject({ names: 1 });
    expect(holds[0]?.path).toMatch(/^\/d\/f\d+$/);
    expect(new Set(holds.map(({ id }) => id)).size).toBe(holds.length);
  });

  it("are said to be there on every answer about the view", async () => {
    const { world } = await createHeldWorld();
    const { body } = await world.call("GET", "/api/v1/views/default/entry?path=/");
    expect(body).toMatchObject({ meta: { held: true, gaps: false } });
  });

  it("go when they are approved, and their directory is listed again", async () => {
    const { world, audit } = await createHeldWorld();
    const [first] = await held(world);
    const one = await world.call("POST", `${HOLDS}/${first?.id ?? ""}/approve`);
    expect(one.body).toEqual({ decision: "approve", holds: [first] });
    const all = await world.call("POST", `${HOLDS}/all/approve`);
    expect((all.body as HoldDecision).holds.length).toBeGreaterThan(1);
    await audit();
    expect(await held(world)).toEqual([]);
    expect(await pathsOf(world)).toEqual(["/", "/d"]);
  });

  it("stay when they are rejected", async () => {
    const { world } = await createHeldWorld();
    const [first] = await held(world);
    const path = `${HOLDS}/${first?.id ?? ""}/reject`;
    expect((await world.call("POST", path)).body).toEqual({ decision: "reject", holds: [first] });
    expect(await held(world)).toContainEqual({ ...first, decision: "rejected" });
    expect(await pathsOf(world)).toContain(first?.path);
  });

  it("are decided by admins", async () => {
    const { world } = await createHeldWorld();
    const key = await world.keyFor("query:default");
    expect((await world.call("GET", HOLDS, undefined, { key })).status).toBe(200);
    for (const decision of ["approve", "reject"]) {
      const url = `${HOLDS}/all/${decision}`;
      expect((await world.call("POST", url, undefined, { key })).status).toBe(403);
    }
  });
});
