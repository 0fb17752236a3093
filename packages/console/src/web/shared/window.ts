/**
 * Browsers cannot scroll in what is higher than this; beyond it a step of the bar is more rows. A
 * million rows are beyond it, and the usual libraries for long lists leave that limit to whoever
 * uses them: hence our own.
 */
const HEIGHT_MAX = 15_000_000;
/** Rows beyond the edges, so that a fast hand sees no gap. */
const MARGIN = 8;

interface Sight {
  readonly total: number;
  readonly rowHeight: number;
  /** Where the scroll bar stands, and how much is in sight, in pixels. */
  readonly top: number;
  readonly height: number;
}

/** Which rows of a long list exist, and where they stand. */
export interface RowWindow {
  readonly first: number;
  /** One behind the last. */
  readonly last: number;
  /** Where the first of them stands. */
  readonly offset: number;
  readonly fullHeight: number;
  /** Where the scroll bar has to stand for a row to be in sight; where it stands if it is. */
  readonly topFor: (index: number) => number;
}

export function windowOf({ total, rowHeight, top, height }: Sight): RowWindow {
  const natural = total * rowHeight;
  const fullHeight = Math.min(natural, HEIGHT_MAX);
  const reach = Math.max(1, fullHeight - height);
  const scale = natural <= HEIGHT_MAX ? 1 : (natural - height) / reach;
  // The pixel of the whole list that is the first in sight.
  const at = Math.min(top, reach) * scale;
  const first = Math.max(0, Math.floor(at / rowHeight) - MARGIN);
  const last = Math.min(total, Math.ceil((at + height) / rowHeight) + MARGIN);
  return {
    first: Math.min(first, last),
    last,
    offset: top - at + first * rowHeight,
    fullHeight,
    topFor: (index) => {
      const row = index * rowHeight;
      if (row < at) return row / scale;
      return row + rowHeight > at + height ? (row + rowHeight - height) / scale : top;
    },
  };
}
