import { readFileSync } from "node:fs";

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the kernel started it, in its own ticks since boot; absent where it does not say. */
  readonly startTicks?: string | undefined;
}

/** Who runs under `pid` now; undefined when nobody does. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return canSignal(pid) ? { pid } : undefined;
  // Dead, but nobody has asked for its exit code yet: common in containers without an init.
  if (stat.state === "Z" || stat.state === "X") return undefined;
  return { pid, startTicks: stat.startTicks };
}

/** True while that very process runs. */
export function isAlive(process: ProcessIdentity): boolean {
  const now = identify(process.pid);
  if (now === undefined) return false;
  const { startTicks } = process;
  return startTicks === undefined || now.startTicks === undefined || startTicks === now.startTicks;
}

function readStat(
  pid: number,
): { readonly state: string; readonly startTicks: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The second field, the command's name in brackets, may itself hold brackets and spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but belongs to someone else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
