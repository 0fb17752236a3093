import type { CheckpointSlice, StoredSlice } from "@fustor/core";

/** The slices of a checkpoint as they come back from where they were kept: none is read at once. */
export async function* storedSlices(
  slices: Iterable<CheckpointSlice>,
): AsyncGenerator<StoredSlice, void, undefined> {
  const reads: Promise<void>[] = [];
  for (const { section, bytes } of slices) {
    const read = (into: readonly ArrayBufferView[]): Promise<void> => {
      const reading = Promise.resolve().then(() => {
        spread(bytes, into);
      });
      reads.push(reading);
      return reading;
    };
    yield { section, length: bytes.length, read };
  }
  await Promise.all(reads);
}

function spread(bytes: Uint8Array, into: readonly ArrayBufferView[]): void {
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of into) {
    new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(at, at + byteLength));
    at += byteLength;
  }
}
