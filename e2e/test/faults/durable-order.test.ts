import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { checkOrder, ORDER_CALLS } from "../../faults/durable-order.js";
import { Agent } from "../../support/agent.js";
import { atEndOfGroup } from "../../support/at-end.js";
import { eventuallyEqual } from "../../support/equal.js";
import { eventually } from "../../support/eventually.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { itNeeds, program } from "../../support/needs.js";
import { readCalls, target, texts, traceOptions, type Call } from "../../support/syscalls.js";

const strace = program("strace");
const it = itNeeds(strace);
/** Small: checkpoints and cuts of the log are to be seen, too. */
const CHECKPOINT_AFTER_MB = 0.01;
const FILES_A_WAVE = 20;
/** Long ones fill the log sooner. */
const NAME = "x".repeat(150);

describe.runIf(strace.isThere || process.env["CI"] === "true")(
  "a Fusion that strace watches",
  () => {
    const atEnd = atEndOfGroup();
    let home: string;
    let calls: readonly Call[];
    const breachesIn = (changed: readonly Call[]): readonly string[] =>
      checkOrder(changed, home).breaches;

    beforeAll(async () => {
      const folder = await makeFolder("order", { atEnd });
      const trace = join(folder, "trace");
      const dir = join(folder, "tree");
      home = join(folder, "fusion");
      await mkdir(dir);
      const fusion = await Fusion.start({
        home,
        checkpointAfterMb: CHECKPOINT_AFTER_MB,
        tracer: ["strace", ...traceOptions(trace, ORDER_CALLS)],
        atEnd,
      });
      const { endpoint, key, pid } = fusion;
      await Agent.start({ home: join(folder, "agent"), dir, endpoint, key, atEnd });
      await changeUntilLogIsCut(dir, join(home, "state", "log"));
      await changeKeys(fusion);
      await eventuallyEqual(dir, fusion.view, { withinMs: 60_000 });
      await fusion.stop();
      calls = await eventually(
        async () => {
          const text = await readFile(trace, "latin1");
          // Short numbers are padded.
          return new RegExp(`^${String(pid)} +\\+\\+\\+`, "m").test(text)
            ? readCalls(text)
            : undefined;
        },
        { what: "the end of the trace" },
      );
    });

    it("promises nothing before it is durable", () => {
      const { breaches, ...seen } = checkOrder(calls, home);
      process.stderr.write(`  ${JSON.stringify(seen)}\n`);
      expect(breaches).toEqual([]);
      expect(seen.batches).toBeGreaterThan(10);
      expect(seen.sessions).toBe(1);
      expect(seen.keyChanges).toBe(2);
      expect(seen.renames).toBeGreaterThan(3);
      expect(seen.segmentsRemoved).toBeGreaterThan(0);
    });

    it("would be found out if it did not write its log through", () => {
      const lazy = calls.map((call) =>
        call.name === "openat" ? { ...call, args: call.args.replace("|O_DSYNC", "") } : call,
      );
      expect(breachesIn(lazy).length).toBeGreaterThan(10);
    });

    it("would be found out if it did not wait for its log", () => {
      const writes = calls.filter(({ name }) => /^p?write/.test(name));
      const isSlow = (call: Call): boolean => writes.includes(call) && isOf(call, ".log");
      const hasty = calls.map((call) => (isSlow(call) ? { ...call, end: call.end + 1_000 } : call));
      expect(breachesIn(hasty).length).toBeGreaterThan(10);
    });

    it.each([
      ["the folder of a segment before it answers", "/log", "answered too early"],
      [
        "the folder of a checkpoint before it removes what it replaces",
        "/checkpoints",
        "was removed",
      ],
      ["a checkpoint before it gives it its name", "/draft.tmp", "before its bytes were durable"],
      ["the folder of the keys before it answers", "/fusion", "before the keys were durable"],
      ["the keys before it gives them their name", ".tmp", "keys.json got its name before"],
    ])("would be found out if it did not sync %s", (_what, name, breach) => {
      const unsynced = calls.filter((call) => !(call.name.endsWith("sync") && isOf(call, name)));
      expect(unsynced.length).toBeLessThan(calls.length);
      expect(breachesIn(unsynced)).toContainEqual(expect.stringContaining(breach));
    });
  },
);

/** The log's first segment goes once two checkpoints stand for it. */
async function changeUntilLogIsCut(dir: string, log: string): Promise<void> {
  let wave = 0;
  const first = await eventually(async () => (await readdir(log)).sort()[0], {
    what: "the first segment",
  });
  await eventually(
    async () => {
      const folder = join(dir, `wave-${String((wave += 1))}`);
      await mkdir(folder);
      for (let file = 0; file < FILES_A_WAVE; file += 1) {
        await writeFile(join(folder, `${String(file)}${NAME}`), "x");
      }
      return (await readdir(log)).includes(first) ? undefined : true;
    },
    { what: "the log to be cut", withinMs: 90_000 },
  );
}

async function changeKeys(fusion: Fusion): Promise<void> {
  const admin = await fusion.createKey(["admin"]);
  const headers = { "x-api-key": admin, "content-type": "application/json" };
  const keys = `${fusion.endpoint}/api/v1/keys`;
  // A key that another process made is known a moment later.
  const made = await eventually(
    async () => {
      const body = JSON.stringify({ scopes: ["query:default"] });
      const response = await fetch(keys, { method: "POST", headers, body });
      return response.ok ? ((await response.json()) as { readonly id: string }) : undefined;
    },
    { what: "a key over HTTP" },
  );
  const gone = await fetch(`${keys}/${made.id}`, {
    method: "DELETE",
    headers: { "x-api-key": admin },
  });
  expect(gone.status).toBe(204);
}

function isOf(call: Call, ending: string): boolean {
  return target(call).endsWith(ending) || (texts(call)[0] ?? "").endsWith(ending);
}
