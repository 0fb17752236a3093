import { describe, expect, it } from "vitest";
import { createWorld, openV2, snapshot } from "./support.js";

describe("what a view is told", () => {
  it("is who came, who leads and who went, in order", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    const b = await openV2(world, "b");
    await snapshot(world, a, { "/": [] });
    await world.call("DELETE", `/api/v2/pipe/session/${a.session_id}`);
    const told = world.records.map((record) => {
      const id =
        record.kind === "opened"
          ? record.speaker.sessionId
          : "sessionId" in record
            ? record.sessionId
            : "";
      const who = id === a.session_id ? "a" : id === b.session_id ? "b" : "";
      return `${record.kind} ${who}${record.kind === "role" ? ` ${record.role}` : ""}`.trim();
    });
    expect(told).toEqual([
      "opened a",
      "role a leader",
      "opened b",
      "role b follower",
      "batch a",
      "closed a",
      "role b leader",
    ]);
  });

  it("is told in Fusion time that never goes back", async () => {
    const world = await createWorld();
    for (const id of ["a", "b", "c"]) {
      await openV2(world, id);
      await world.clock.advance(700);
    }
    const times = world.records.map(({ at }) => at);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(times.at(-1)).toBeGreaterThan(times[0] ?? Infinity);
  });
});
