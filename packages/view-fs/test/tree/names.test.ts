import { decodeName } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { Names } from "../../src/tree/names.js";
import { Chance } from "../chance.js";

describe("names", () => {
  it("gives a name one number, however often it is used", () => {
    const names = new Names();
    const number = names.use("a");
    expect(names.use("a")).toBe(number);
    expect(names.find("a")).toBe(number);
    expect(names.count).toBe(1);
  });

  it("forgets a name with its last use, and gives its number to another", () => {
    const names = new Names();
    const number = names.use("a");
    names.use("a");
    names.release(number);
    expect(names.find("a")).toBe(number);
    names.release(number);
    expect(names.find("a")).toBe(0);
    expect(names.use("b")).toBe(number);
  });

  it.each([1, 2, 3, 4])("takes any bytes in and out, seed %i", (seed) => {
    const names = new Names();
    const chance = new Chance(seed);
    const known = new Map<string, number>();
    for (let i = 0; i < 2_000; i += 1) {
      const bytes = Uint8Array.from({ length: 1 + chance.below(9) }, () => chance.below(256));
      const text = decodeName(bytes);
      known.set(text, names.use(text));
    }
    for (const [text, number] of known) {
      expect(names.text(number)).toBe(text);
      expect(names.find(text)).toBe(number);
    }
    expect(names.count).toBe(known.size);
  });

  it("orders names by their bytes", () => {
    const names = new Names();
    const sorted = ["A", "a", "aa", "ab", "b", "é", "日", "\u{1f642}", "\udcff"];
    const numbers = sorted.map((name) => names.use(name));
    expect(numbers.toReversed().sort((a, b) => names.compare(a, b))).toEqual(numbers);
  });

  it("keeps at most twice the bytes that live, and a few segments, under churn", () => {
    const names = new Names();
    const chance = new Chance(1);
    const live: number[] = [];
    const segment = 2 ** 20;
    let worst = 0;
    for (let i = 0; i < 300_000; i += 1) {
      live.push(names.use(`${"n".repeat(20 + chance.below(60))}-${String(i)}`));
      // Waves: it grows to a good size, and shrinks to little.
      const most = 5_000 + 20_000 * (1 + Math.sin(i / 20_000));
      while (live.length > most) {
        const at = chance.below(live.length);
        names.release(live[at] ?? 0);
        live[at] = live.at(-1) ?? 0;
        live.pop();
      }
      if (i % 1_000 > 0) continue;
      const { pool, poolLive } = names.memory();
      worst = Math.max(worst, pool - 2 * poolLive);
    }
    expect(worst).toBeLessThanOrEqual(10 * segment);
    expect(names.count).toBe(live.length);
    for (const number of live) expect(names.find(names.text(number))).toBe(number);
    expect(names.end).toBeLessThan(60_000); // numbers are used again
  });

  it("says when a name is too long to be kept", () => {
    expect(() => new Names().use("x".repeat(40_000))).toThrow(RangeError);
  });
});
