import type { EntriesReply } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { EntryPages, PAGE } from "../src/web/fusion/entry-pages.js";
import { scopeOf } from "../src/web/fusion/key-wish.js";
import { layOut } from "../src/web/fusion/treemap.js";
import { faultOf } from "../src/web/agent/form-faults.js";
import { toYaml } from "../src/web/agent/yaml.js";
import { Mean, Rate } from "../src/web/shared/history.js";
import { ancestors, parentOf, readPathParams, shellWord } from "../src/web/shared/path.js";
import { windowOf } from "../src/web/shared/window.js";

const base64 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("base64");

describe("a path", () => {
  it("has all that stands above it, also where its bytes are no text", () => {
    expect(ancestors({ path: "/a/b" })).toEqual([{ path: "/" }, { path: "/a" }, { path: "/a/b" }]);
    const odd = { path: "/a\ufffd/b", path_b64: base64("/a\xff/b") };
    expect(ancestors(odd)).toEqual([
      { path: "/" },
      { path: "/a\ufffd", path_b64: base64("/a\xff") },
      odd,
    ]);
    expect(parentOf({ path: "/" })).toEqual({ path: "/" });
  });

  it("is read from an address as it was written, and never fails", () => {
    const read = (text: string) => readPathParams(new URLSearchParams(text));
    expect(read("path=%2Fa%20b")).toEqual({ path: "/a b" });
    expect(read(`path_b64=${encodeURIComponent(base64("/\xff"))}`).path).toBe("/\ufffd");
    expect(read("path_b64=***")).toEqual({ path: "/" });
    expect(read("")).toEqual({ path: "/" });
  });

  it("is copied as a shell takes it", () => {
    expect(shellWord({ path: "/data/a-1.csv" })).toBe("/data/a-1.csv");
    expect(shellWord({ path: "/it's $HOME" })).toBe(`'/it'\\''s $HOME'`);
    expect(shellWord({ path: "/\ufffd'", path_b64: base64("/\xff'") })).toBe(`$'/\\xff\\x27'`);
  });
});

describe("the scope of a key that is wished for", () => {
  const wish = { kind: "query", view: " default ", pipe: "p", path: "/" } as const;

  it("is of a view, or of what stands at and below a path of it", () => {
    expect(scopeOf(wish)).toBe("query:default");
    expect(scopeOf({ ...wish, path: "" })).toBe("query:default");
    expect(scopeOf({ ...wish, path: "/a b/c" })).toBe("query:default/a b/c");
    expect(scopeOf({ ...wish, path: "a/b//" })).toBe("query:default/a/b");
  });

  it("is of a pipe, or everything, whatever else stands in the form", () => {
    expect(scopeOf({ ...wish, kind: "ingest" })).toBe("ingest:p");
    expect(scopeOf({ ...wish, kind: "admin" })).toBe("admin");
  });
});

describe("the window of a long list", () => {
  const sight = { rowHeight: 36, height: 720 };

  it("holds the rows in sight and few more", () => {
    const { first, last, offset } = windowOf({ ...sight, total: 1_000, top: 3_600 });
    expect([first, last, offset]).toEqual([92, 128, 92 * 36]);
  });

  it("moves no further than it must for a row to be whole in sight", () => {
    const { topFor } = windowOf({ ...sight, total: 1_000, top: 3_600 });
    expect(topFor(99)).toBe(99 * 36);
    expect(topFor(100)).toBe(3_600);
    expect(topFor(119)).toBe(3_600);
    expect(topFor(120)).toBe(3_636);
    expect(topFor(999)).toBe(1_000 * 36 - 720);
  });

  it("reaches the last of ten million rows, and each row's own place", () => {
    const total = 10_000_000;
    const { fullHeight, topFor } = windowOf({ ...sight, total, top: 0 });
    expect(fullHeight).toBeLessThan(17_000_000);
    const end = windowOf({ ...sight, total, top: fullHeight - sight.height });
    expect(end.last).toBe(total);
    for (const index of [0, 4_321_000, total - 1]) {
      const there = windowOf({ ...sight, total, top: topFor(index) });
      expect(there.first).toBeLessThanOrEqual(index);
      expect(there.last).toBeGreaterThan(index);
    }
  });
});

describe("the pages of a directory", () => {
  /** A server with `total` rows, which says how often it was asked. */
  function listing(total: number) {
    let asked = 0;
    const names = Array.from({ length: total }, (_, i) => `f${String(i)}`);
    const changes: (() => void)[] = [];
    const pages = new EntryPages(total, {
      ask: async ({ limit, cursor, isReversed }): Promise<EntriesReply> => {
        asked += 1;
        const from = Number(cursor ?? 0);
        const ordered = isReversed ? names.toReversed() : names;
        // As Fusion does it: no page goes beyond the rows that were fixed with the first one.
        const next = Math.min(from + limit, from - (from % 10_000) + 10_000);
        const entries = ordered.slice(from, next).map((name) => ({ name }));
        return {
          entries,
          next_cursor: next < total ? String(next) : null,
          meta: {} as EntriesReply["meta"],
        };
      },
      onChange: () => {
        changes.forEach((change) => {
          change();
        });
      },
      onError: (error) => {
        throw error;
      },
    });
    const until = (isThere: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        changes.push(() => {
          if (isThere()) resolve();
        });
      });
    return { pages, until, asked: () => asked };
  }

  it("come when they are in sight", async () => {
    const { pages, until, asked } = listing(2_000);
    pages.want(PAGE - 5, PAGE + 5);
    await until(() => pages.row(PAGE + 5) !== undefined);
    expect(pages.row(PAGE - 5)?.name).toBe(`f${String(PAGE - 5)}`);
    expect(pages.row(PAGE + 5)?.name).toBe(`f${String(PAGE + 5)}`);
    expect(pages.row(3 * PAGE)).toBeUndefined();
    expect(asked()).toBe(2);
  });

  it("are reached from the nearer end, in leaps", async () => {
    const { pages, until, asked } = listing(200_000);
    pages.want(199_990, 199_999);
    await until(() => pages.row(199_999) !== undefined);
    expect(pages.row(199_990)?.name).toBe("f199990");
    expect(asked()).toBe(1);
    for (const index of [50_123, 130_456]) {
      const before = asked();
      pages.want(index, index + 30);
      await until(() => pages.row(index + 30) !== undefined);
      expect(pages.row(index)?.name).toBe(`f${String(index)}`);
      expect(asked() - before).toBeLessThanOrEqual(10);
    }
  });
});

describe("a map of areas", () => {
  it("gives each item its share of the whole, inside of it, and nobody's place twice", () => {
    const weights = [60, 25, 10, 4, 1, 0];
    const tiles = layOut(
      weights.map((weight) => ({ item: weight, weight })),
      1.7,
    );
    expect(tiles.map(({ item }) => item)).toEqual([60, 25, 10, 4, 1]);
    for (const { item, x, y, width, height } of tiles) {
      expect(width * height).toBeCloseTo(item / 100, 6);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(1 + 1e-9);
      expect(y + height).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it("is empty where nothing weighs anything", () => {
    expect(layOut([{ item: 1, weight: 0 }], 1)).toEqual([]);
  });
});

describe("small parts", () => {
  it("makes a rate of a counter, and none across its new beginning", () => {
    const rate = new Rate();
    expect(rate.next(10, 100)).toBeNull();
    expect(rate.next(12, 300)).toBe(100);
    expect(rate.next(14, 5)).toBeNull();
  });

  it("makes the mean of what came of two counters, and none where nothing came", () => {
    const mean = new Mean();
    expect(mean.next(100, 10)).toBeNull();
    expect(mean.next(130, 13)).toBe(10);
    expect(mean.next(130, 13)).toBeNull();
    expect(mean.next(5, 1)).toBeNull();
    expect(mean.next(9, 3)).toBe(2);
  });

  it("writes the YAML of a form, in quotes where that matters", () => {
    const schema = {
      type: "object",
      required: ["uri"],
      properties: {
        uri: { type: "string" },
        driver_params: {
          type: "object",
          properties: {
            exclude: { type: "array", items: { type: "string" } },
            workers: { type: "integer" },
          },
        },
      },
    } as const;
    const values = { "/uri": "/data: x", "/driver_params/exclude": "*.tmp, cache" };
    expect(toYaml({ kind: "source", type: "fs", schema }, values)).toBe(`sources:
  - id: my-fs
    type: "fs"
    config:
      uri: "/data: x"
      driver_params:
        exclude: ["*.tmp","cache"]`);
  });
});

describe("what is typed into the form of a driver", () => {
  const path = { type: "string", pattern: "^/", patternMeans: "an absolute path" } as const;
  const seconds = { type: "integer", minimum: 1, maximum: 60 } as const;

  it("is held against the schema at once", () => {
    expect(faultOf(path, "data")).toMatchObject({ means: "an absolute path" });
    expect(faultOf(seconds, "1.5")?.key).toBe("drivers.notNumber");
    expect(faultOf(seconds, "soon")?.key).toBe("drivers.notNumber");
    expect(faultOf(seconds, "0")).toMatchObject({ key: "drivers.tooSmall", values: { min: 1 } });
    expect(faultOf(seconds, "61")).toMatchObject({ key: "drivers.tooLarge", values: { max: 60 } });
  });

  it("may be what fits, nothing at all, or where a secret is", () => {
    expect(faultOf(path, "/data")).toBeUndefined();
    expect(faultOf(seconds, "60")).toBeUndefined();
    expect(faultOf(seconds, "")).toBeUndefined();
    expect(faultOf({ ...path, secret: true }, "${FUSTOR_KEY}")).toBeUndefined();
  });

  it("is never more than one value of the YAML", () => {
    const schema = { type: "object", properties: { wait: seconds } } as const;
    const values = { "/wait": "1\nother: true" };
    expect(toYaml({ kind: "source", type: "fs", schema }, values)).toContain(
      String.raw`wait: "1\nother: true"`,
    );
  });
});
