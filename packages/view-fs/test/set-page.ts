import type { Page, Paged } from "../src/tree/page-copy.js";

/** Writes a page to where it belongs, which must have its size. */
export function setPage(columns: Pick<Paged<unknown>, "memoryOf">, { number, bytes }: Page): void {
  let rest = bytes;
  for (const { buffer, byteOffset, byteLength } of columns.memoryOf(number) ?? []) {
    new Uint8Array(buffer, byteOffset, byteLength).set(rest.subarray(0, byteLength));
    rest = rest.subarray(byteLength);
  }
  if (rest.length > 0) throw new Error(`page ${String(number)} is larger than its memory`);
}
