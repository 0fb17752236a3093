import type { Checkpoint, CheckpointSlice, StoredSlice } from "@fustor/core";
import type { LiveView } from "./views.js";

const FUSION = "fusion";
const VIEW = /^view:([^:]+):(.+)$/;

/**
 * One checkpoint of Fusion's own state and of all views, each as it is now. Undefined where a view
 * has none: the log then stays whole.
 */
export function joinCheckpoints(
  fusion: Uint8Array,
  views: readonly LiveView[],
): Checkpoint | undefined {
  const open: { readonly id: string; readonly checkpoint: Checkpoint }[] = [];
  const close = (): void => {
    for (const { checkpoint } of open) checkpoint.close();
  };
  for (const { id, driver } of views) {
    const checkpoint = driver.checkpoint?.();
    if (checkpoint === undefined) {
      close();
      return undefined;
    }
    open.push({ id, checkpoint });
  }
  function* slices(): Generator<CheckpointSlice> {
    yield { section: FUSION, bytes: fusion };
    for (const { id, checkpoint } of open) {
      for (const { section, bytes } of checkpoint.slices) {
        yield { section: `view:${id}:${section}`, bytes };
      }
    }
  }
  return { slices: slices(), close };
}

export interface SliceReaders {
  readonly fusion: (bytes: Uint8Array) => void;
  /** Told each view's slices in the order in which it wrote them; goes through all of them. */
  readonly view: (id: string, slices: AsyncIterable<StoredSlice>) => Promise<void>;
}

/** Hands each part of what `joinCheckpoints` joined to whom it belongs to. */
export async function splitByView(
  slices: AsyncIterable<StoredSlice>,
  readers: SliceReaders,
): Promise<void> {
  const source = slices[Symbol.asyncIterator]();
  let next = await source.next();
  async function* ofView(id: string): AsyncGenerator<StoredSlice> {
    while (next.done !== true) {
      const [, owner, section] = VIEW.exec(next.value.section) ?? [];
      if (owner !== id || section === undefined) return;
      yield { ...next.value, section };
      next = await source.next();
    }
  }
  while (next.done !== true) {
    const [, id] = VIEW.exec(next.value.section) ?? [];
    if (id === undefined) {
      if (next.value.section === FUSION) {
        const bytes = new Uint8Array(next.value.length);
        await next.value.read([bytes]);
        readers.fusion(bytes);
      }
      next = await source.next();
      continue;
    }
    await readers.view(id, ofView(id));
    // What the view left is not the next view's.
    while (next.done !== true && VIEW.exec(next.value.section)?.[1] === id) {
      next = await source.next();
    }
  }
}
