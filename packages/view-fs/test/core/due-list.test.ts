import { describe, expect, it } from "vitest";
import { DueList, type Due } from "../../src/core/due-list.js";

describe("a list of what is due", () => {
  it("gives what is due, again and again until it is closed", () => {
    const { list, item } = scheduled(10);
    expect([...list.at(9)]).toEqual([]);
    expect([...list.at(10)]).toEqual([item]);
    expect([...list.at(11)]).toEqual([item]);
    item.isOpen = false;
    expect([...list.at(12)]).toEqual([]);
  });

  it("gives an item at its last time, not at those before", () => {
    const { list, item } = scheduled(10);
    item.due = 20;
    list.schedule(item, 1);
    expect([...list.at(15)]).toEqual([]);
    expect([...list.at(20)]).toEqual([item]);
  });

  it("gives an item that was found due and then put off when its new time comes", () => {
    const { list, item } = scheduled(10);
    expect([...list.at(10)]).toEqual([item]);
    item.due = 30;
    expect([...list.at(20)]).toEqual([]);
    expect([...list.at(30)]).toEqual([item]);
  });

  it("gives an item once, however often it was scheduled", () => {
    const { list, item } = scheduled(10);
    list.schedule(item, 1);
    list.schedule(item, 1);
    expect([...list.at(10)]).toEqual([item]);
  });

  it("can be asked for an earlier time after a later one", () => {
    const { list, item } = scheduled(10);
    expect([...list.at(50)]).toEqual([item]);
    expect([...list.at(5)]).toEqual([]);
    expect([...list.at(10)]).toEqual([item]);
  });

  it("loses no open item when it drops what is stale", () => {
    const list = new DueList<Due>();
    const items = Array.from({ length: 10 }, (_, i): Due => ({ due: i, isOpen: true }));
    for (let round = 0; round < 1_000; round += 1) {
      for (const item of items) {
        item.due += 10;
        list.schedule(item, items.length);
      }
    }
    expect([...list.at(9_999)]).toEqual([]);
    expect(new Set(list.at(10_004))).toEqual(new Set(items.slice(0, 5)));
    expect(new Set(list.at(10_009))).toEqual(new Set(items));
  });
});

function scheduled(due: number): { readonly list: DueList<Due>; readonly item: Due } {
  const list = new DueList<Due>();
  const item: Due = { due, isOpen: true };
  list.schedule(item, 1);
  return { list, item };
}
