import { parseArgs } from "node:util";
import { loadHistories } from "./bundle.mjs";

// `pnpm soak -- --seed 1` hands the two dashes on.
const given = process.argv.slice(2);
const { values } = parseArgs({
  args: given[0] === "--" ? given.slice(1) : given,
  options: {
    histories: { type: "string", default: "Infinity" },
    from: { type: "string", default: "1" },
    world: { type: "string", multiple: true },
    seed: { type: "string" },
    /** The columnar core, which Fusion runs, in place of the reference model. */
    core: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
  },
});

const { run, shrink, worlds } = await loadHistories();
const chosen = values.world ?? worlds;
const isCore = values.core;
const totals = { operations: new Map(), strikes: new Map(), decided: new Map() };

if (values.seed !== undefined) one(chosen[0], Number(values.seed));
else soak();

/** One history, in detail. */
function one(world, seed) {
  const without = values.shrink ? shrink(world, seed, { isCore }) : new Set();
  const trace = values.trace ? (line) => console.log(line) : undefined;
  const { breaches, steps } = run(world, seed, { without, trace, isCore });
  for (const breach of breaches) console.log(describe(breach));
  console.log(
    `${world} seed ${seed}: ${breaches.length} breaches in ${steps - without.size} steps`,
  );
  if (breaches.length > 0) process.exitCode = 1;
}

function soak() {
  const first = Number(values.from);
  const last = first + Number(values.histories) - 1;
  const startedAt = Date.now();
  let failed = 0;
  let done = 0;
  for (let seed = first; seed <= last && failed < 20; seed += 1) {
    const world = chosen[seed % chosen.length];
    const history = run(world, seed, { isCore });
    for (const [name, counts] of Object.entries(totals)) addTo(counts, history[name]);
    done += 1;
    if (history.breaches.length > 0) {
      failed += 1;
      console.log(
        `node e2e/simulation/soak.mjs${isCore ? " --core" : ""} --world ${world} --seed ${seed}`,
      );
      console.log(`  ${describe(history.breaches[0])} (and ${history.breaches.length - 1} more)`);
    }
    if (done % 1000 === 0) report(first, done, failed, startedAt);
  }
  report(first, done, failed, startedAt);
  for (const [name, counts] of Object.entries(totals)) {
    console.log(
      `${name}: ${[...counts]
        .sort()
        .map(([key, n]) => `${key} ${n}`)
        .join(", ")}`,
    );
  }
  if (failed > 0) process.exitCode = 1;
}

function report(first, done, failed, startedAt) {
  const seconds = (Date.now() - startedAt) / 1000;
  console.log(
    `seeds ${first} to ${first + done - 1}: ${done} histories, ${failed} failed, ` +
      `${(done / seconds).toFixed(1)} histories/s`,
  );
}

function addTo(counts, more) {
  for (const [key, n] of more) counts.set(key, (counts.get(key) ?? 0) + n);
}

function describe({ law, path, detail, at }) {
  return `${law}: ${path} ${detail} (at ${((at - 100_000_000) / 1000).toFixed(2)} s)`;
}
