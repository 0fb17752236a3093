import { readDisk } from "./disk.js";
import { eventually } from "./eventually.js";
import { difference } from "./tree.js";
import { readView, type ViewAddress } from "./view.js";

export interface EqualOptions {
  /** The ceiling; see `eventually`. */
  readonly withinMs?: number | undefined;
  /** Called before each look; throws `Hopeless` when waiting has become useless. */
  readonly check?: () => void;
}

/**
 * Waits until the view equals the disk in paths, types, sizes and times, and returns how long that
 * took, in ms. When the time is up it throws what still differs.
 */
export async function eventuallyEqual(
  dir: string,
  view: ViewAddress,
  { withinMs = 20_000, check }: EqualOptions = {},
): Promise<number> {
  const began = performance.now();
  await eventually(
    async () => {
      check?.();
      const [disk, seen] = await Promise.all([readDisk(dir), readView(view)]);
      const differs = difference(disk, seen);
      if (differs !== undefined) throw new Error(differs);
      return true;
    },
    { what: `the view to equal ${dir}`, withinMs },
  );
  return Math.round(performance.now() - began);
}
