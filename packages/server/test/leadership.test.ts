import { describe, expect, it } from "vitest";
import { Leadership } from "../src/leadership.js";

describe("leadership", () => {
  it("is for the oldest session while nobody leads", () => {
    const leadership = new Leadership();
    expect(leadership.successor).toBeUndefined();
    for (const id of ["a", "b"]) leadership.come(id);
    expect(leadership.successor).toBe("a");
    leadership.lead("a");
    expect(leadership.successor).toBeUndefined();
    expect(leadership.roleOf("a")).toBe("leader");
    expect(leadership.roleOf("b")).toBe("follower");
    expect(leadership.epoch).toBe(1);
  });

  it("is free when the leader leaves, and has a new epoch with the next", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b", "c"]) leadership.come(id);
    leadership.lead("a");
    leadership.leave("a");
    expect(leadership.leader).toBeUndefined();
    expect(leadership.successor).toBe("b");
    leadership.lead("b");
    expect(leadership.roleOf("c")).toBe("follower");
    expect(leadership.epoch).toBe(2);
  });

  it("stays when a follower leaves", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.come(id);
    leadership.lead("a");
    leadership.leave("b");
    expect(leadership.leader).toBe("a");
    expect(leadership.epoch).toBe(1);
  });

  it("may pass to a session that is not the oldest", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.come(id);
    leadership.lead("a");
    leadership.leave("a");
    leadership.come("a2");
    leadership.lead("a2");
    leadership.leave("a2");
    expect(leadership.successor).toBe("b");
  });

  it("goes on where another one was", () => {
    const leadership = new Leadership();
    leadership.restore({ epoch: 7, leader: "b", sessions: ["a", "b"] });
    expect(leadership.roleOf("b")).toBe("leader");
    leadership.leave("b");
    leadership.lead("a");
    expect(leadership.epoch).toBe(8);
  });
});
