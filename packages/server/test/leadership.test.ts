import { describe, expect, it } from "vitest";
import { Leadership } from "../src/leadership.js";

describe("leadership", () => {
  it("goes to the first who comes", () => {
    const leadership = new Leadership();
    expect(leadership.join("a")).toEqual({ sessionId: "a", role: "leader" });
    expect(leadership.join("b")).toEqual({ sessionId: "b", role: "follower" });
    expect(leadership.epoch).toBe(1);
  });

  it("passes to the oldest session when the leader leaves, in a new epoch", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b", "c"]) leadership.join(id);
    expect(leadership.leave("a")).toEqual({ sessionId: "b", role: "leader" });
    expect(leadership.roleOf("c")).toBe("follower");
    expect(leadership.epoch).toBe(2);
  });

  it("stays when a follower leaves", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.join(id);
    expect(leadership.leave("b")).toBeUndefined();
    expect(leadership.leader).toBe("a");
    expect(leadership.epoch).toBe(1);
  });

  it("passes to the leader's own successor, though others are older", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.join(id);
    expect(leadership.succeed("a", "a2")).toEqual({ sessionId: "a2", role: "leader" });
    expect(leadership.epoch).toBe(2);
    expect(leadership.leave("a2")).toEqual({ sessionId: "b", role: "leader" });
  });

  it("leaves a follower's successor a follower", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.join(id);
    expect(leadership.succeed("b", "b2")).toEqual({ sessionId: "b2", role: "follower" });
    expect(leadership.epoch).toBe(1);
  });

  it("starts again, in a later epoch, after everybody went", () => {
    const leadership = new Leadership();
    for (const id of ["a", "b"]) leadership.join(id);
    leadership.clear();
    expect(leadership.leader).toBeUndefined();
    expect(leadership.join("b2")).toEqual({ sessionId: "b2", role: "leader" });
    expect(leadership.epoch).toBe(2);
  });
});
