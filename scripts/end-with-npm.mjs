import { readFileSync } from "node:fs";

const POLL_MS = 1_000;

/**
 * Asks this process to end (SIGTERM) once the `npm` that started it is gone. A script is npm's
 * grandchild: a signal to npm reaches the shell in between, and not the script.
 *
 * Without npm it does nothing: who starts the script by hand may leave it running.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const npm = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, POLL_MS);
  timer.unref();
}

/** Undefined where the system does not tell in this way. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold anything; behind it come the state and the parent.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
