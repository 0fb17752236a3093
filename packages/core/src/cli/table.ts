/** How a cell is painted after it was measured; colours have no width. */
export type Paint = (text: string) => string;

export interface Column<Item> {
  readonly title: string;
  readonly align?: "left" | "right";
  readonly value: (item: Item) => string;
  readonly paint?: (item: Item) => Paint;
}

/**
 * Lines of a table whose columns are as wide as their widest cell. What does not fit into `width`
 * is taken from the widest columns and marked with `…`.
 */
export function formatTable<Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  width: number,
): string[] {
  const cells = items.map((item) => columns.map((column) => column.value(item)));
  const widths = fit(
    columns.map(({ title }, index) =>
      Math.max(title.length, ...cells.map((row) => (row[index] ?? "").length)),
    ),
    width,
  );
  const line = (texts: readonly string[], paints: readonly (Paint | undefined)[]) =>
    columns
      .map(({ align }, index) => {
        const text = pad(texts[index] ?? "", widths[index] ?? 0, align);
        return paints[index]?.(text) ?? text;
      })
      .join("  ")
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      [],
    ),
    ...items.map((item, row) =>
      line(
        cells[row] ?? [],
        columns.map(({ paint }) => paint?.(item)),
      ),
    ),
  ];
}

const GAP = 2;
const WIDTH_MIN = 4;

function fit(widths: readonly number[], width: number): number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, each) => sum + each + GAP, -GAP);
  while (total() > width) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] ?? 0) <= WIDTH_MIN) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const short = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return align === "right" ? short.padStart(width) : short.padEnd(width);
}
