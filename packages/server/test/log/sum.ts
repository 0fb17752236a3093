import type { StoredSlice } from "@fustor/core";
import type { Kept } from "../../src/log/storage.js";

/** The state is the sum of the lengths of all bodies. */
export class Sum implements Kept {
  total = 0;

  async restore(slices: AsyncIterable<StoredSlice>): Promise<void> {
    for await (const slice of slices) {
      const bytes = Buffer.alloc(slice.length);
      await slice.read([bytes]);
      this.total += Number(bytes.toString());
    }
  }

  replay({ body }: { readonly body?: Uint8Array }): void {
    this.total += body?.length ?? 0;
  }

  checkpoint() {
    const bytes = Buffer.from(String(this.total));
    return { slices: [{ section: "sum", bytes }], close: () => undefined };
  }
}
