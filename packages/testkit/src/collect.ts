import { setTimeout as pause } from "node:timers/promises";

/** Everything that a stream yields until it ends, or its first `max` items. */
export async function collect<T>(stream: AsyncIterable<T>, max = Infinity): Promise<T[]> {
  const items: T[] = [];
  if (max <= 0) return items;
  for await (const item of stream) {
    items.push(item);
    if (items.length >= max) break;
  }
  return items;
}

/** The first item, or the first that matches; the stream is closed afterwards. */
export async function first<T>(
  stream: AsyncIterable<T>,
  matches: (item: T) => boolean = () => true,
): Promise<T> {
  for await (const item of stream) if (matches(item)) return item;
  throw new Error("The stream ended before such an item came.");
}

/**
 * Resolves once `condition` holds, looking again every few milliseconds; rejects after
 * `ceilingMs` (default 10 s). For tests in the real world: files, processes, sockets.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { ceilingMs = 10_000, what = "the condition" }: { ceilingMs?: number; what?: string } = {},
): Promise<void> {
  const end = process.hrtime.bigint() + BigInt(ceilingMs) * 1_000_000n;
  while (!(await condition())) {
    if (process.hrtime.bigint() > end) {
      throw new Error(`Waited ${String(ceilingMs)} ms in vain for ${what}.`);
    }
    await pause(5);
  }
}
