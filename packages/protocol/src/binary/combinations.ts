import type { Row, Value } from "@fustor/core";

/** Which combination of values each row has, and one row for each of them. */
export interface Combinations {
  readonly samples: readonly Row[];
  readonly numbers: Uint8Array;
}

const COMBINATIONS_MAX = 255;
const SLOTS = 1024;

/** The combinations of values in these columns; undefined when there are more than 255. */
export function findCombinations(
  rows: readonly Row[],
  columns: readonly number[],
): Combinations | undefined {
  const samples: Row[] = [];
  const numbers = new Uint8Array(rows.length);
  // Numbers from 1 on, by the hash of their values; 0 is empty. A quarter full at the most.
  const slots = new Uint8Array(SLOTS);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? [];
    let slot = hashOf(row, columns) % SLOTS;
    for (;;) {
      const known = slots[slot] ?? 0;
      if (known === 0) {
        if (samples.length === COMBINATIONS_MAX) return undefined;
        samples.push(row);
        slots[slot] = samples.length;
        numbers[i] = samples.length - 1;
        break;
      }
      if (isSame(row, samples[known - 1] ?? [], columns)) {
        numbers[i] = known - 1;
        break;
      }
      slot = (slot + 1) % SLOTS;
    }
  }
  return { samples, numbers };
}

function hashOf(row: Row, columns: readonly number[]): number {
  let hash = 0;
  for (const column of columns) hash = (Math.imul(hash, 31) + wordOf(row[column] ?? null)) | 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

function wordOf(value: Value): number {
  if (typeof value === "number") return value | 0;
  return typeof value === "string" ? value.charCodeAt(0) | 0 : 0;
}

function isSame(row: Row, other: Row, columns: readonly number[]): boolean {
  for (const column of columns) if (row[column] !== other[column]) return false;
  return true;
}
