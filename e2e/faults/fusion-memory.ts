import type { Fusion } from "../support/fusion.js";
import { ask } from "../support/view.js";

const METRICS = ["nodejs_heap_used_bytes", "nodejs_buffers_bytes"] as const;
const ASKED_MS = 5_000;

/** What a Fusion itself says of its memory, in words; why not, where it does not answer. */
export async function memoryOf(fusion: Fusion, views: readonly string[]): Promise<string> {
  try {
    const signal = AbortSignal.timeout(ASKED_MS);
    const metrics = await (await fetch(`${fusion.endpoint}/metrics`, { signal })).text();
    const told = METRICS.map((name) => {
      const bytes = Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1]);
      return `${name} ${(bytes / 2 ** 20).toFixed(1)} MB`;
    });
    for (const view of views) {
      const stats = await ask<Record<string, unknown>>({ ...fusion.view, view }, "stats");
      told.push(`${view}: ${JSON.stringify(stats)}`);
    }
    return told.join(", ");
  } catch (error) {
    return String(error);
  }
}
