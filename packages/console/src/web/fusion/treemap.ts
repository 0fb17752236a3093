/** A rectangle in shares of the whole, from 0 to 1. */
export interface Tile<Item> {
  readonly item: Item;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Weighed<Item> {
  readonly item: Item;
  readonly weight: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Lays items out in a rectangle, each with an area as large as its weight, as near to squares as it
 * goes (Bruls, Huizing and van Wijk, "Squarified Treemaps"). `aspect` is the width of the rectangle
 * in its heights. Items without weight have no tile.
 */
export function layOut<Item>(items: readonly Weighed<Item>[], aspect: number): Tile<Item>[] {
  const sorted = items.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  const sum = sorted.reduce((total, { weight }) => total + weight, 0);
  if (sum === 0) return [];
  const scaled = sorted.map(({ item, weight }) => ({ item, weight: (weight / sum) * aspect }));
  const tiles: Tile<Item>[] = [];
  let box: Box = { x: 0, y: 0, width: aspect, height: 1 };
  let rest = scaled;
  while (rest.length > 0) {
    const row = takeRow(rest, Math.min(box.width, box.height));
    rest = rest.slice(row.length);
    const area = row.reduce((total, { weight }) => total + weight, 0);
    const isColumn = box.width >= box.height;
    const thickness = area / (isColumn ? box.height : box.width);
    let along = isColumn ? box.y : box.x;
    for (const { item, weight } of row) {
      const length = weight / thickness;
      tiles.push(
        isColumn
          ? { item, x: box.x, y: along, width: thickness, height: length }
          : { item, x: along, y: box.y, width: length, height: thickness },
      );
      along += length;
    }
    box = isColumn
      ? { ...box, x: box.x + thickness, width: box.width - thickness }
      : { ...box, y: box.y + thickness, height: box.height - thickness };
  }
  return tiles.map((tile) => ({ ...tile, x: tile.x / aspect, width: tile.width / aspect }));
}

/** As many of the first items as make a row along `side` squarer than with one more. */
function takeRow<Item>(items: readonly Weighed<Item>[], side: number): readonly Weighed<Item>[] {
  let length = 1;
  while (
    length < items.length &&
    worst(items.slice(0, length + 1), side) <= worst(items.slice(0, length), side)
  ) {
    length += 1;
  }
  return items.slice(0, length);
}

/** How far the least square of a row is from being one. */
function worst(row: readonly Weighed<unknown>[], side: number): number {
  const sum = row.reduce((total, { weight }) => total + weight, 0);
  const most = row[0]?.weight ?? 0;
  const least = row.at(-1)?.weight ?? 0;
  return Math.max((side ** 2 * most) / sum ** 2, sum ** 2 / (side ** 2 * least));
}
