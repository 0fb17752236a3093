import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";
import { DEFECTS } from "./defect-edits.mjs";

/**
 * Brings each known defect back by itself and runs the test that is named for it. Exits with 1 when
 * a test fails without its defect, or passes with it.
 *
 *   node e2e/simulation/defects.mjs [WORD...]     only defects with one of these words
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const words = process.argv.slice(2);
const chosen = DEFECTS.filter(
  ({ defect }) => words.length === 0 || words.some((word) => defect.includes(word)),
);

const conditions = ["@fustor/source"];
const TEST_MS_MAX = 10_000;

const sound = await run(chosen, []);
let lost = 0;
for (const one of chosen) {
  const { defect, test, edits } = one;
  const isKept =
    sound.get(test[1]) === "passed" && (await run([one], edits)).get(test[1]) === "failed";
  if (!isKept) lost += 1;
  process.stdout.write(`${isKept ? "kept away" : "NOT CAUGHT"}: ${defect}: ${test.join(": ")}\n`);
}
process.stdout.write(`${chosen.length} defects, ${lost} of them not caught\n`);
process.exitCode = lost > 0 ? 1 : 0;

/** Whether the tests of each name passed or failed, with these edits of the sources. */
async function run(defects, edits) {
  const done = new Set();
  const names = defects.map(({ test: [, name] }) => name);
  const plugin = {
    name: "edits",
    enforce: "pre",
    transform: (code, id) => edit(code, id, edits, done),
  };
  const options = {
    root,
    config: false,
    watch: false,
    reporters: [{}],
    include: [...new Set(defects.map(({ test: [file] }) => file))],
    testNamePattern: names.map(escape).join("|"),
    testTimeout: TEST_MS_MAX,
    // A test that fails on purpose may leave something behind that throws later.
    dangerouslyIgnoreUnhandledErrors: true,
  };
  const vitest = await startVitest("test", [], options, {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    plugins: [plugin],
  });
  const tests = vitest.state.getTestModules().flatMap((each) => [...each.children.allTests()]);
  await vitest.close();
  const undone = edits.filter((each) => !done.has(each));
  if (undone.length > 0) {
    throw new Error(`${undone.map(([path, text]) => `${path}: ${text}`).join("\n")}\nis not there`);
  }
  return new Map(names.map((name) => [name, stateOf(tests, name)]));
}

/** `passed` when all tests of the name did, `failed` when one did not, else undefined. */
function stateOf(tests, name) {
  const states = tests
    .filter((each) => each.name.startsWith(name))
    .map((each) => each.result().state);
  if (states.includes("failed")) return "failed";
  return states.includes("passed") ? "passed" : undefined;
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function edit(code, id, edits, done) {
  let text = code;
  for (const each of edits) {
    const [path, from, to] = each;
    if (!id.endsWith(`/${path}`) || !text.includes(from)) continue;
    text = text.replaceAll(from, () => to.replaceAll("$&", from));
    done.add(each);
  }
  return text === code ? undefined : { code: text, map: null };
}
