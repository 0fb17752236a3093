import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { pageNumber, type PageCopy } from "../../src/tree/page-copy.js";
import { Words } from "../../src/tree/words.js";

const PAGE_WORDS = 2 ** 16;
const PAGES = 3;
const BOUNDARY = 2 * PAGE_WORDS;

describe("a copy of words", () => {
  const writes: Readonly<Record<string, (words: Words) => void>> = {
    set: (words) => {
      words.set(BOUNDARY, 7);
    },
    "clear over the end of a page": (words) => {
      words.clear(BOUNDARY - 5, BOUNDARY + 5);
    },
    "write a record": (words) => {
      words.writable(BOUNDARY)[0] = 7;
    },
    extend: (words) => {
      words.set(words.extend(PAGE_WORDS), 7);
    },
  };
  for (const [what, write] of Object.entries(writes)) {
    it(`is what there was before somebody did ${what}`, () => {
      const words = filled();
      const { head, pages } = words.copyPages();
      write(words);
      const copy = new Words();
      copy.restore(head);
      const numbers = readAll(pages).map((page) => {
        const number = pageNumber(page) ?? -1;
        expect(copy.setPage(number, page)).toBe(true);
        return number;
      });
      expect(numbers.sort()).toEqual([0, 1, 2]);
      const [now, before] = [copy.slice(0, copy.length), filled().slice(0, head)];
      expect(isDeepStrictEqual(now, before)).toBe(true);
    });
  }

  it("gives pages that were about to change before the others", () => {
    const words = filled();
    const { pages } = words.copyPages();
    words.set(BOUNDARY, 7);
    expect(pageNumber(pages.takeKept() ?? new Uint8Array())).toBe(2);
    expect(pages.takeKept()).toBeUndefined();
    expect(pageNumber(pages.takeNext() ?? new Uint8Array())).toBe(0);
    words.set(0, 7);
    expect(pages.takeKept()).toBeUndefined();
    pages.close();
    words.set(PAGE_WORDS, 7);
    expect(pages.takeKept()).toBeUndefined();
    expect(pages.takeNext()).toBeUndefined();
  });

  it("takes no page of another size, and none that there cannot be", () => {
    const words = filled();
    const [page = new Uint8Array()] = readAll(words.copyPages().pages);
    expect(words.setPage(0, page.subarray(1))).toBe(false);
    expect(words.setPage(9, page)).toBe(false);
    expect(pageNumber(new Uint8Array(3))).toBeUndefined();
  });
});

function filled(): Words {
  const words = new Words();
  words.extend(PAGES * PAGE_WORDS - 100);
  for (let at = 0; at < words.length; at += 1) words.set(at, at + 1);
  return words;
}

function readAll(pages: PageCopy): Uint8Array[] {
  const read: Uint8Array[] = [];
  for (let page = pages.takeNext(); page !== undefined; page = pages.takeNext()) read.push(page);
  for (let page = pages.takeKept(); page !== undefined; page = pages.takeKept()) read.push(page);
  return read;
}
