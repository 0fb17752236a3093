import type { Clock, PipeStatus } from "@fustor/core";
import { formatBytes } from "@fustor/core/cli";
import { formatSeconds, plural } from "./figures.js";
import type { Connection } from "./connection.js";
import { createLiveLine } from "./live-line.js";

export interface ProgressOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;
/** How long a view that is ready waits for its agent's first word. */
const HEARD_MS = 5_000;

/**
 * Shows how the first snapshot comes along and, once the view holds it, what is in it.
 *
 * Rejects with the signal's reason when that aborts.
 */
export async function followProgress(options: ProgressOptions): Promise<void> {
  const { connection, clock, signal } = options;
  const startedAt = clock.now();
  const line = createLiveLine(process.stdout, clock);
  let problem: string | undefined;
  for (;;) {
    const seconds = formatSeconds(clock.now() - startedAt);
    const [view, pipe] = await Promise.all([
      readView(connection, signal),
      readPipe(connection, signal),
    ]);
    // A view that is ready from before may be of a root that the agent does not show any more.
    if (view?.ready === true && isHeard(pipe, clock.now() - startedAt)) {
      line.end();
      const refusal = pipe?.problem?.code === "ROOT_MISMATCH" ? pipe.problem.message : undefined;
      if (refusal !== undefined) line.say(`Not followed: ${refusal}`);
      const words = describeReady(view, connection);
      const state = refusal === undefined ? `Ready after ${seconds}` : "Shown as of before";
      const outlook = refusal === undefined ? " Changes follow as they happen." : "";
      process.stdout.write(`${state}: ${words.counts}.${outlook}\n${words.advice}\n`);
      return;
    }
    if (pipe?.problem?.message !== problem) {
      problem = pipe?.problem?.message;
      if (problem !== undefined) line.say(`Not yet: ${problem}`);
    }
    line.show(`Snapshot: ${plural(pipe?.counters.rowsSent ?? 0, "row")} sent, ${seconds}`);
    await clock.sleep(POLL_MS, signal);
  }
}

/** The agent has a session, or says why it has none; it is not waited for long. */
function isHeard(pipe: PipeStatus | undefined, waitedMs: number): boolean {
  return typeof pipe?.sessionId === "string" || pipe?.problem !== undefined || waitedMs > HEARD_MS;
}

interface ViewFacts {
  readonly ready: boolean;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

async function readView(
  { endpoint, query_key, view }: Connection,
  signal: AbortSignal,
): Promise<ViewFacts | undefined> {
  const answer = await readJson<{ readonly views: readonly (ViewFacts & { id: string })[] }>(
    `${endpoint}/api/v1/views`,
    { headers: { "x-api-key": query_key }, signal },
  );
  return answer?.views.find(({ id }) => id === view);
}

async function readPipe(
  { agent_console_url }: Connection,
  signal: AbortSignal,
): Promise<PipeStatus | undefined> {
  const answer = await readJson<{ readonly pipes: readonly PipeStatus[] }>(
    `${agent_console_url}/api/status`,
    { signal },
  );
  return answer?.pipes[0];
}

/** Undefined when there is no answer this time: the next look will tell. */
async function readJson<Answer>(url: string, init: RequestInit): Promise<Answer | undefined> {
  try {
    const reply = await fetch(url, init);
    return reply.ok ? ((await reply.json()) as Answer) : undefined;
  } catch (error) {
    init.signal?.throwIfAborted();
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function describeReady(
  { files, directories, bytes }: ViewFacts,
  { endpoint, query_key, view }: Connection,
): { readonly counts: string; readonly advice: string } {
  const counts = `${plural(files, "file")} in ${plural(directories, "folder")}, ${formatBytes(bytes)}`;
  const advice = [
    "Ask for example:",
    `  curl -H "X-API-Key: ${query_key}" "${endpoint}/api/v1/views/${view}/tree?path=/&max_depth=1"`,
    "Ctrl-C ends both.",
  ].join("\n");
  return { counts, advice };
}
