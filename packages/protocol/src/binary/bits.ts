/** How many bytes so many bits take. */
export function bytesFor(count: number): number {
  return Math.ceil(count / 8);
}

/** The lowest bit of a byte comes first. */
export function setBit(bits: Buffer, i: number): void {
  bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
}

export function hasBit(bits: Buffer, i: number): boolean {
  return (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
}

/** How many of the first `count` bits are set. */
export function countBits(bits: Buffer, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) if (hasBit(bits, i)) sum += 1;
  return sum;
}
