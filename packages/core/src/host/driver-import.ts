import { pathToFileURL } from "node:url";
import { invalid } from "./manifest.js";
import { createSystemClock } from "./system-clock.js";

/**
 * Runs the code of a driver and returns its exports.
 *
 * Throws `DRIVER_INVALID` when that fails, takes longer than `importMs`, or asks for the end of
 * this process.
 */
export async function importDriver(
  subject: string,
  entry: string,
  importMs: number,
): Promise<object> {
  const loaded = new AbortController();
  const allowExit = forbidExit();
  try {
    const late = createSystemClock()
      .sleep(importMs, loaded.signal)
      .then(() => {
        throw new Error(`it did not finish within ${String(importMs / 1000)} s`);
      });
    // The loser of the race is told by the signal, and nobody listens to it any more.
    late.catch(() => undefined);
    return await Promise.race([import(pathToFileURL(entry).href) as Promise<object>, late]);
  } catch (error) {
    throw invalid(
      subject,
      `its code failed while it was loaded (${firstLine(error)}). Reinstall it, or tell its author`,
      error,
    );
  } finally {
    loaded.abort();
    allowExit();
  }
}

/** What our own commands end with when a person insists. */
const INTERRUPTED = 130;

let loading = 0;

let realExit = Reflect.get(process, "exit");

/** One driver that ends the process would take the pipes of all others along. */
function forbidExit(): () => void {
  if (loading === 0) {
    realExit = Reflect.get(process, "exit");
    process.exit = (code) => {
      if (code === INTERRUPTED) return realExit(code);
      throw new Error("it called process.exit");
    };
  }
  loading += 1;
  return () => {
    loading -= 1;
    if (loading === 0) process.exit = realExit;
  };
}

/** The first line of what an error says, without its last dot. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
}
