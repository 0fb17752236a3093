import { describe, expect, it } from "vitest";
import { formatTable, type Column } from "../src/cli/index.js";

interface Item {
  readonly name: string;
  readonly count: number;
}

const columns: readonly Column<Item>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "COUNT", align: "right", value: ({ count }) => String(count) },
];

describe("a table", () => {
  it("is as wide as its cells need", () => {
    const items = [
      { name: "a", count: 7 },
      { name: "longer", count: 12_345 },
    ];
    expect(formatTable(columns, items, 80)).toEqual([
      "NAME    COUNT",
      "a           7",
      "longer  12345",
    ]);
  });

  it("takes what does not fit from the widest column", () => {
    const [, line = ""] = formatTable(columns, [{ name: "x".repeat(50), count: 1 }], 20);
    expect(line).toBe(`${"x".repeat(12)}…      1`);
    expect(line).toHaveLength(20);
  });

  it("measures a cell before it is painted", () => {
    const paint = () => (text: string) => `<b>${text}</b>`;
    const painted: readonly Column<Item>[] = [
      { title: "NAME", value: ({ name }) => name, paint },
      { title: "COUNT", value: ({ count }) => String(count) },
    ];
    expect(formatTable(painted, [{ name: "a", count: 1 }], 80)[1]).toBe("<b>a   </b>  1");
  });

  it("has a heading without any item", () => {
    expect(formatTable(columns, [], 80)).toEqual(["NAME  COUNT"]);
  });
});
