import { loadHistories } from "./bundle.mjs";

/**
 * Switches each rule off by itself and looks for the first seed that notices, else asks the rule's
 * own case. Exits with 1 when a rule can be off and nothing fails.
 *
 *   node e2e/simulation/mutants.mjs [SEEDS [RULE...]]
 */
const SEEDS_MAX = Number(process.argv[2] ?? 600);

const { run, worlds, RULES, CASES } = await loadHistories();
const names = process.argv.slice(3);

for (const rule of names.length > 0 ? names : Object.keys(RULES)) {
  const found = findSeed(rule);
  const isCaught = !CASES[rule]({ [rule]: false });
  if (found === undefined && !isCaught) process.exitCode = 1;
  const other = isCaught ? "its own case" : "NOTHING";
  console.log(`${rule}: ${found ?? `${other}, and none of ${SEEDS_MAX} seeds`}`);
}

function findSeed(rule) {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const world = worlds[seed % worlds.length];
    const [breach] = run(world, seed, { rules: { [rule]: false } }).breaches;
    if (breach !== undefined) return `${world} seed ${seed}: ${breach.law}`;
  }
  return undefined;
}
