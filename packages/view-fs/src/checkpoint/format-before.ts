import type { StoredSlice } from "@fustor/core";
import { sectionOf, unusable } from "./format.js";
import { bytesOf } from "./sections.js";

const NUMBER_BYTES = 4;

/** A page of format 1, which has its number in front of its bytes, as it would come now. */
export async function ofFormatBefore(slice: StoredSlice): Promise<StoredSlice> {
  if (slice.length < NUMBER_BYTES) throw unusable("a page of its columns has no number");
  const bytes = await bytesOf(slice);
  const page = new DataView(bytes.buffer).getUint32(0, true);
  return {
    section: sectionOf(slice.section, page),
    length: bytes.length - NUMBER_BYTES,
    read: (into) => {
      let at = NUMBER_BYTES;
      for (const { buffer, byteOffset, byteLength } of into) {
        const part = new Uint8Array(buffer, byteOffset, byteLength);
        part.set(bytes.subarray(at, at + byteLength));
        at += byteLength;
      }
      return Promise.resolve();
    },
  };
}
