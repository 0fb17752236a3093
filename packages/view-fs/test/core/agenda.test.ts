import { describe, expect, it } from "vitest";
import { Agenda } from "../../src/core/agenda.js";
import { Chance } from "../chance.js";

const NOW_TOO = { including: true };
const BEFORE = { including: false };

describe("an agenda", () => {
  it("gives the earliest first, and nothing before its time", () => {
    const agenda = new Agenda<string>();
    agenda.add("late", 30);
    agenda.add("early", 10);
    agenda.add("middle", 20);
    expect(agenda.take(25, NOW_TOO)?.item).toBe("early");
    expect(agenda.take(25, NOW_TOO)).toEqual({ item: "middle", due: 20 });
    expect(agenda.take(25, NOW_TOO)).toBeUndefined();
    expect(agenda.size).toBe(1);
  });

  it("gives what is due at the end itself only where that is asked for", () => {
    const agenda = new Agenda<string>();
    agenda.add("item", 10);
    expect(agenda.take(10, BEFORE)).toBeUndefined();
    expect(agenda.take(10, NOW_TOO)?.item).toBe("item");
  });

  it("holds an item as often as it was added", () => {
    const agenda = new Agenda<string>();
    agenda.add("item", 10);
    agenda.add("item", 5);
    expect([agenda.take(99, NOW_TOO)?.due, agenda.take(99, NOW_TOO)?.due]).toEqual([5, 10]);
  });

  it("keeps the order of what it retains", () => {
    const agenda = new Agenda<number>();
    for (const item of [5, 3, 8, 1, 9, 2]) agenda.add(item, item * 10);
    agenda.retain((item, due) => item % 2 === 1 && due === item * 10);
    expect(agenda.size).toBe(4);
    agenda.add(4, 40);
    expect(takeAll(agenda)).toEqual([1, 3, 4, 5, 9]);
  });

  it.each([1, 2, 3])("gives everything in the order of time, seed %i", (seed) => {
    const chance = new Chance(seed);
    const agenda = new Agenda<number>();
    const left: number[] = [];
    for (let i = 0; i < 1_000; i += 1) {
      if (chance.often(0.6)) {
        const due = chance.below(50);
        agenda.add(due, due);
        left.push(due);
      } else {
        left.sort((a, b) => a - b);
        expect(agenda.take(Infinity, NOW_TOO)?.due).toBe(left.shift());
      }
    }
    expect(takeAll(agenda)).toEqual(left.sort((a, b) => a - b));
  });
});

function takeAll(agenda: Agenda<number>): number[] {
  const taken: number[] = [];
  for (;;) {
    const next = agenda.take(Infinity, NOW_TOO);
    if (next === undefined) return taken;
    taken.push(next.item);
  }
}
