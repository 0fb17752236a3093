/**
 * A time as two words: 34 bits of seconds counted from 1901, 30 bits of nanoseconds. That reaches
 * to 2446, as on ext4; a time beyond is kept elsewhere, and its word of nanoseconds is `BEYOND`.
 */
const WORD = 2 ** 32;
const FIRST = -(2 ** 31);
const RANGE = 2 ** 34;
const NSEC_MASK = 0x3fffffff;

export const BEYOND = NSEC_MASK;

export function isPackable(seconds: number): boolean {
  return seconds >= FIRST && seconds - FIRST < RANGE;
}

/** The first word; the second is `packNsec`. */
export function packSeconds(seconds: number): number {
  return (seconds - FIRST) >>> 0;
}

export function packNsec(seconds: number, nsec: number): number {
  return ((Math.floor((seconds - FIRST) / WORD) << 30) | nsec) >>> 0;
}

export function unpackSeconds(first: number, second: number): number {
  return (second >>> 30) * WORD + first + FIRST;
}

export function unpackNsec(second: number): number {
  return second & NSEC_MASK;
}
