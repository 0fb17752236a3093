/**
 * The candidate that `word` is most likely a slip of, or undefined: one slip for a short word, two
 * for a longer one.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const slipsMax = word.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let fewest = slipsMax + 1;
  for (const candidate of candidates) {
    const slips = countSlips(normalise(word), normalise(candidate));
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/** `sourceId`, `source-id` and `source_id` differ by no slip. */
function normalise(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Letters added, dropped, replaced, or swapped with their neighbour. */
function countSlips(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + replaced,
        swapped ? at(older, column - 2) + 1 : Infinity,
      );
    }
    [older, previous] = [previous, current];
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
