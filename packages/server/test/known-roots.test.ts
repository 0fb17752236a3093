import { describe, expect, it } from "vitest";
import { Roots } from "../src/roots.js";

const NOBODY: ReadonlySet<string> = new Set();

describe("the roots of agents", () => {
  it("are forgotten beyond the limit: of who came longest ago and is away, unproven ones first", () => {
    const roots = new Roots(3);
    roots.meet("proven", "r", NOBODY);
    roots.set("proven", { identity: "r", proven: true });
    for (const id of ["b", "c", "b"]) roots.meet(id, "r", NOBODY);
    const known = () => roots.state.map(([id]) => id);

    roots.meet("d", "r", NOBODY);
    expect(known()).toEqual(["proven", "b", "d"]);
    roots.meet("e", "r", new Set(["b", "d"]));
    expect(known()).toEqual(["b", "d", "e"]);
    expect(roots.isProven("r")).toBe(false);
    roots.meet("f", "r", new Set(["b", "d", "e"]));
    expect(known()).toEqual(["b", "d", "e", "f"]);
  });

  it("are told as they were after a restart, in the same order", () => {
    const roots = new Roots(3);
    for (const id of ["a", "b", "a"]) roots.meet(id, `of ${id}`, NOBODY);
    const again = new Roots(3);
    again.restore(roots.state);
    expect(again.state).toEqual(roots.state);
    expect(again.get("a")).toEqual({ identity: "of a", proven: false });
  });
});
