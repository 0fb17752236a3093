import { decodeName } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { Names } from "../../src/tree/names.js";
import type { Paged } from "../../src/tree/page-copy.js";
import { Chance } from "../chance.js";
import { setPage } from "../set-page.js";

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

  it.each([1, 2, 3])("finds the same whatever was expected, seed %i", (seed) => {
    const chance = new Chance(seed);
    const [names, surprised] = [new Names(), new Names()];
    const text = () => `${"é".repeat(chance.below(2))}name-${String(chance.below(200))}`;
    for (let round = 0; round < 200; round += 1) {
      const expected = Array.from({ length: chance.below(80) }, text);
      names.expect(expected);
      for (const next of expected) {
        const name = chance.often(0.9) ? next : text();
        const number = surprised.find(name);
        expect(names.find(name)).toBe(number);
        if (chance.often(0.5)) expect(names.use(name)).toBe(surprised.use(name));
        else for (const each of [names, surprised]) each.release(number);
      }
    }
    expect(names.count).toBe(surprised.count);
  });

  it.each([1, 2, 3])("goes on from a copy as from what was copied, seed %i", (seed) => {
    const names = new Names();
    const chance = new Chance(seed);
    const text = () => `name-${String(chance.below(2_000))}`;
    for (let i = 0; i < 1_500; i += 1) names.use(text());
    for (let i = 0; i < 300; i += 1) names.release(names.find(text()));
    const copy = copyOf(names);
    for (let i = 0; i < 3_000; i += 1) {
      const name = text();
      const number = names.find(name);
      expect(copy.find(name)).toBe(number);
      if (chance.below(2) === 0) expect(copy.use(name)).toBe(names.use(name));
      else for (const each of [names, copy]) each.release(number);
    }
    expect(copy.count).toBe(names.count);
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

  it("finds what is left when the first thing that happens after a restart is that a name goes", () => {
    const names = new Names();
    const [a, b] = [names.use("a"), names.use("b")];
    const copy = copyOf(names);
    copy.release(a);
    expect([copy.find("a"), copy.find("b")]).toEqual([0, b]);
    expect(copy.use("c")).toBe(a);
    expect([copy.find("a"), copy.find("c"), copy.count]).toEqual([0, a, 2]);
  });

  it("says when a name is too long to be kept", () => {
    expect(() => new Names().use("x".repeat(40_000))).toThrow(RangeError);
  });
});

/** Made anew from the pages, as from a checkpoint. */
function copyOf(names: Names): Names {
  const copy = new Names();
  for (const part of ["records", "pool"] as const) {
    // Each part of one is restored by the same part of the other.
    const from = names.paged[part] as Paged<unknown>;
    const to = copy.paged[part] as Paged<unknown>;
    const { head, pages } = from.copyPages();
    to.restore(head);
    for (let page = pages.takeNext(); page !== undefined; page = pages.takeNext()) {
      setPage(to, page);
    }
  }
  copy.index();
  return copy;
}
