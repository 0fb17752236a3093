import type { AgentConsolePipe } from "../../agent-api.js";

/** How far a walk has come. */
export interface Progress {
  /** Since it began. */
  readonly ms: number;
  readonly rowsSent: number;
  /** Looked at so far, where the source tells. */
  readonly directories: number | undefined;
  /** What the walk of everything before it found; undefined where there was none, or of a part. */
  readonly expected:
    { readonly directories: number; readonly share: number; readonly leftMs: number } | undefined;
}

/** Before so much is done, the pace of the walk before tells more than its own. */
const OWN_PACE_FROM = 0.05;

/** Of the walk under way; undefined while there is none. Nothing is made up: see `expected`. */
export function progressOf(pipe: AgentConsolePipe, now: number): Progress | undefined {
  const { walk, source, phase } = pipe;
  if (walk === undefined) return undefined;
  const ms = Math.max(0, now - walk.startedAt);
  const directories = numberIn(source, "walkDirectories");
  const total = numberIn(source, "lastWalkDirectories") ?? 0;
  const base = { ms, rowsSent: walk.rowsSent, directories };
  // A tree that has grown takes longer, nobody knows how much.
  if (phase === "scan" || directories === undefined || directories >= total) {
    return { ...base, expected: undefined };
  }
  const share = directories / total;
  const before = (numberIn(source, "lastWalkMs") ?? 0) * (1 - share);
  const leftMs = share < OWN_PACE_FROM ? before : (ms / share) * (1 - share);
  return { ...base, expected: { directories: total, share, leftMs } };
}

/** A figure that a source says of itself. */
export function numberIn(source: AgentConsolePipe["source"], name: string): number | undefined {
  const value = source[name];
  return typeof value === "number" ? value : undefined;
}
