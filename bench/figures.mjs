import { cpus } from "node:os";

/** Tells whoever waits what goes on. Standard output is for figures in JSON. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Prints what was measured: `figures` are pairs of what a figure says and the values that it had,
 * shown as their median, the least and the most. As JSON it is one line, with `facts` beside them.
 */
export function report({ title, facts, figures }, json) {
  if (json) {
    const named = Object.fromEntries(figures.map(([says, values]) => [says.trim(), values]));
    process.stdout.write(`${JSON.stringify({ ...facts, node: process.version, ...named })}\n`);
    return;
  }
  say(`\n${title}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model}\n`);
  say("".padEnd(44) + ["median", "least", "most"].map((word) => word.padStart(10)).join(""));
  for (const [says, values] of figures) {
    const shown =
      values.length === 1 ? values : [median(values), Math.min(...values), Math.max(...values)];
    say(says.padEnd(44) + shown.map((value) => show(value).padStart(10)).join(""));
  }
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** What a run takes, in ms by the clock. */
export function time(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** What all threads of this process have used of the processors since `usage`, in ms. */
export function cpuSince(usage) {
  const { user, system } = process.cpuUsage(usage);
  return (user + system) / 1_000;
}

function show(value) {
  return Math.abs(value) < 20 ? value.toFixed(2) : value.toFixed(0);
}
