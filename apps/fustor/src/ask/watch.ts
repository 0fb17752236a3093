import type { ChangeEvent, ChangesPage, FustorClient } from "@fustor/client";
import { hasCode, isRetryable } from "@fustor/core";
import { colors, listenForStop } from "@fustor/core/cli";
import { createSystemClock } from "@fustor/core/host";
import { connect, type ConnectOptions } from "./connect.js";
import { rawPath, toViewPath } from "./names.js";
import { printable } from "./one.js";
import { Output } from "./output.js";

export interface WatchOptions extends ConnectOptions {
  readonly json?: boolean;
  readonly since?: string;
}

/** How long to wait for a Fusion that is away. */
const RETRY_MS = 2_000;

/** `fustor watch`: what happens at and below a path, until Ctrl-C. */
export async function watch(path: string, options: WatchOptions): Promise<number> {
  const viewPath = toViewPath(path);
  const { client } = await connect(options);
  const out = new Output();
  const stop = listenForStop();
  const { signal } = stop;
  try {
    await warnOfMissing(client, viewPath);
    for await (const page of follow(client, viewPath, { since: options.since, signal })) {
      if (page.reset !== undefined) {
        say(`What happened before is not known (${page.reset.reason}): list again what you need.`);
      }
      if (options.json === true) out.add(`${JSON.stringify(page)}\n`);
      else for (const event of page.events) out.add(`${format(event, out)}\n`);
      await out.flush({ now: true });
      if (!out.isOpen) return 0;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.dispose();
  }
  return 0;
}

/** Following what is not there yet is no fault, but may be a mistyped name. */
async function warnOfMissing(client: FustorClient, path: string): Promise<void> {
  try {
    await client.entry(path);
  } catch (error) {
    // Whatever else it is, following it tells.
    if (!hasCode(error, "NOT_FOUND")) return;
    say(`There is no ${printable(path)} now: it is told of once it is there.`);
  }
}

/** Follows through times in which Fusion is away; one that was never there is an error. */
async function* follow(
  client: FustorClient,
  path: string,
  given: { readonly since: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<ChangesPage> {
  const { signal } = given;
  const clock = createSystemClock();
  let since = given.since;
  let isKnown = false;
  let isAway = false;
  for (;;) {
    try {
      for await (const page of client.follow(path, { since, signal })) {
        if (isAway) say("Fusion is there again.");
        isAway = false;
        isKnown = true;
        since = page.cursor;
        yield page;
      }
    } catch (error) {
      if (signal.aborted || !isKnown || !isRetryable(error) || !(error instanceof Error))
        throw error;
      if (!isAway) say(`${error.message} Waiting for it.`);
      isAway = true;
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

const PAINTS = {
  created: colors.green,
  updated: colors.cyan,
  deleted: colors.red,
  moved: colors.yellow,
} as const satisfies Record<ChangeEvent["kind"], (text: string) => string>;

function format(event: ChangeEvent, out: Output): string {
  const { kind, from, from_b64, is_directory, unlisted } = event;
  const end = is_directory && kind !== "deleted" && event.path !== "/" ? "/" : "";
  const moved =
    from === undefined
      ? ""
      : `${out.name(rawPath({ path: from, ...(from_b64 === undefined ? {} : { path_b64: from_b64 }) }))} -> `;
  const note = unlisted === true ? " (what is in it is not told)" : "";
  return `${PAINTS[kind](kind.padEnd(7))}  ${moved}${out.name(rawPath(event))}${end}${note}`;
}

/** A word to the person who watches, apart from what happens. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
