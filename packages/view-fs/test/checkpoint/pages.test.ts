import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Page, PageCopy } from "../../src/tree/page-copy.js";
import { Words } from "../../src/tree/words.js";
import { setPage } from "../set-page.js";

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
        setPage(copy, page);
        return page.number;
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
    expect(pages.takeKept()?.number).toBe(2);
    expect(pages.takeKept()).toBeUndefined();
    expect(pages.takeNext()?.number).toBe(0);
    words.set(0, 7);
    expect(pages.takeKept()).toBeUndefined();
    pages.close();
    words.set(PAGE_WORDS, 7);
    expect(pages.takeKept()).toBeUndefined();
    expect(pages.takeNext()).toBeUndefined();
  });

  it("has memory for the pages that there are", () => {
    const words = filled();
    const sizes = [0, 1, 2, 3].map((page) => words.memoryOf(page)?.[0]?.byteLength);
    expect(sizes).toEqual([PAGE_WORDS * 4, PAGE_WORDS * 4, (PAGE_WORDS - 100) * 4, undefined]);
  });
});

function filled(): Words {
  const words = new Words();
  words.extend(PAGES * PAGE_WORDS - 100);
  for (let at = 0; at < words.length; at += 1) words.set(at, at + 1);
  return words;
}

function readAll(pages: PageCopy): Page[] {
  const read: Page[] = [];
  for (let page = pages.takeNext(); page !== undefined; page = pages.takeNext()) read.push(page);
  for (let page = pages.takeKept(); page !== undefined; page = pages.takeKept()) read.push(page);
  return read;
}
