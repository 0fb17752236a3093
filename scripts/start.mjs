/**
 * `npm start [-- DIR]`: from a fresh clone to a running Fusion with an agent on DIR. Without DIR
 * it makes a small sample tree and watches that.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { endWithNpm } from "./end-with-npm.mjs";
import { prepare, root } from "./setup.mjs";

const [dir, ...rest] = process.argv.slice(2);

if (dir === "--help" || dir === "-h") {
  process.stdout.write(`Usage: npm start [-- DIR]

Runs Fusion and an agent that watches DIR until Ctrl-C; without DIR, on a small sample tree.
State is kept in .fustor of the checkout, unless FUSTOR_HOME is set.
`);
  process.exit(0);
}
endWithNpm();

try {
  await prepare({ build: true });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

// A home of its own: trying Fustor out never touches a real one.
const calledFrom = process.env.INIT_CWD || process.cwd();
process.env.FUSTOR_HOME = resolve(calledFrom, process.env.FUSTOR_HOME || join(root, ".fustor"));
const folder =
  dir === undefined ? makeSample() : dir.startsWith("-") ? dir : resolve(calledFrom, dir);

// In this process, so that signals and the exit code need no passing on.
const cli = join(root, "apps", "fustor", "dist", "cli.js");
process.argv = [process.argv[0], cli, "up", folder, ...rest];
await import(pathToFileURL(cli).href);

/** A small tree to look at, made once. */
function makeSample() {
  const sample = join(root, ".fustor", "sample");
  if (existsSync(sample)) return sample;
  process.stdout.write(`Making a sample tree at ${sample}\n`);
  for (const project of ["aurora", "borealis", "corona"]) {
    for (let run = 1; run <= 4; run++) {
      const dir = join(sample, project, `run-${run}`);
      mkdirSync(join(dir, "frames"), { recursive: true });
      writeFileSync(join(dir, "notes.txt"), `${project}, run ${run}\n`);
      for (let frame = 1; frame <= 20; frame++) {
        const name = `frame-${String(frame).padStart(4, "0")}.raw`;
        writeFileSync(join(dir, "frames", name), "x".repeat(frame * 97));
      }
    }
  }
  return sample;
}
