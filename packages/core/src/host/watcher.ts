import type { DescribeRequest, SourceDescription, SourceDriver } from "../drivers.js";
import { FustorError, hasCode } from "../errors.js";
import type { Message } from "../messages.js";
import type { Clock, Random } from "../time.js";
import { abortable, interruptible } from "./abortable.js";
import { createBackoff } from "./backoff.js";
import { lostMessage, type RealtimeBuffer } from "./buffer.js";
import { retryAfterMsOf } from "./error-facts.js";
import type { Monitor } from "./monitor.js";
import type { Project } from "./projection.js";
import { ROOT } from "./scopes.js";
import { withTimeLimit } from "./with-abort.js";

export interface WatcherOptions {
  readonly source: SourceDriver;
  readonly project: Project;
  readonly buffer: RealtimeBuffer;
  readonly clock: Clock;
  readonly random: Random;
  readonly monitor: Monitor;
  /** The source has been looked at anew, after its watch failed. */
  readonly onDescribed: (description: SourceDescription) => void;
  /** The watch stands, or fell. */
  readonly onChange: () => void;
}

const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 15_000;
/** How long a source may take to say what it is. */
const DESCRIBE_MS = 30_000;
/** A watch that stood so long did not fail at once: its next restart waits little again. */
const STABLE_MS = 30_000;

/**
 * Keeps a watch standing and puts what it says into the buffer, whether or not there is a session.
 * When it falls, everything may have been missed: that is said, and the watch is put up again.
 */
export async function keepWatching(options: WatcherOptions, stop: AbortSignal): Promise<void> {
  const { source, clock, random, monitor, onDescribed } = options;
  const backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS });
  let isFirst = true;
  let stoodAt: number | undefined;
  do {
    try {
      if (!isFirst) onDescribed(await describe(options, stop));
      isFirst = false;
      stoodAt = undefined;
      const messages = await abortable(source.watch(stop), stop);
      stoodAt = clock.now();
      await follow(messages, options, stop);
    } catch (error) {
      if (stop.aborted) return;
      fall(error, options);
      if (stoodAt !== undefined && clock.now() - stoodAt > STABLE_MS) backoff.reset();
      stoodAt = undefined;
      monitor.fail("source", error);
      await clock.sleep(backoff.next(retryAfterMsOf(error)), stop).catch(() => undefined);
    }
  } while (!stop.aborted);
}

/** Describes the source until that works. Returns undefined when it is stopped before. */
export async function describeSource(
  options: Pick<WatcherOptions, "source" | "clock" | "random" | "monitor">,
  stop: AbortSignal,
  request?: DescribeRequest,
): Promise<SourceDescription | undefined> {
  const { clock, random, monitor } = options;
  const backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS });
  do {
    try {
      const description = await describe(options, stop, request);
      monitor.clear("source");
      return description;
    } catch (error) {
      if (stop.aborted) continue;
      monitor.fail("source", error);
      await clock.sleep(backoff.next(retryAfterMsOf(error)), stop).catch(() => undefined);
    }
  } while (!stop.aborted);
  return undefined;
}

/** A source whose storage hangs may not even fail. */
function describe(
  { source, clock }: Pick<WatcherOptions, "source" | "clock">,
  stop: AbortSignal,
  request?: DescribeRequest,
): Promise<SourceDescription> {
  const seconds = String(DESCRIBE_MS / 1_000);
  const message = `The source has not answered for ${seconds} s. Check that its storage answers; it is tried again.`;
  const late = () => new FustorError("SOURCE_UNAVAILABLE", message, { retryable: true });
  return withTimeLimit({ clock, ms: DESCRIBE_MS, late }, stop, (signal) =>
    source.describe(signal, request),
  );
}

async function follow(
  messages: AsyncIterable<Message>,
  { project, buffer, monitor, onChange }: WatcherOptions,
  stop: AbortSignal,
): Promise<void> {
  monitor.watching = true;
  monitor.clear("source");
  onChange();
  for await (const message of interruptible(messages, stop)) buffer.push(project(message));
  stop.throwIfAborted();
  const text = "The source ended its watch without being asked to. It is started again.";
  throw new FustorError("SOURCE_UNAVAILABLE", text, { retryable: true });
}

/** Whatever happens until the watch stands again is missed. */
function fall(error: unknown, { buffer, clock, monitor, onChange }: WatcherOptions): void {
  if (!monitor.watching) return;
  monitor.watching = false;
  monitor.counters.sourceRestarts += 1;
  const reason = hasCode(error, "SOURCE_CRASHED") ? "source crashed" : "watch ended";
  buffer.push(lostMessage(ROOT, reason, clock.now()));
  onChange();
}
