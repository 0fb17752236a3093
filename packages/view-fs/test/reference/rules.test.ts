import { describe, expect, it } from "vitest";
import { CASES } from "./cases.js";
import type { Rules } from "./rules.js";

describe("each rule of the reference model", () => {
  for (const [rule, holds] of Object.entries(CASES) as [keyof Rules, (typeof CASES)["order"]][]) {
    it(`${rule} decides its own case, which comes out otherwise without it`, () => {
      expect(holds({})).toBe(true);
      expect(holds({ [rule]: false })).toBe(false);
    });
  }
});
