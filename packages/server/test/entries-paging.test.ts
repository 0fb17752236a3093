import type { EntriesReply } from "@fustor/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { defaultFusionConfig, pipesOf } from "../src/index.js";
import { createFilled, type Given } from "./filled.js";
import { change, push, type World } from "./support.js";

const ENTRIES = "/api/v1/views/default/entries";

/** Sessions live on while results are forgotten. */
const PATIENT = pipesOf(defaultFusionConfig).map((pipe) => ({
  ...pipe,
  session_timeout_seconds: 36_000,
}));

/** What happens between two pages. */
type Event =
  | { readonly kind: "create" | "delete"; readonly name: number }
  | { readonly kind: "move"; readonly from: number; readonly to: number }
  | { readonly kind: "forget" };

const NAMES = 40;
const DIRECTORIES = ["/", "/a", "/b", "/b/c", "/d"];

/** A name that events are about, spread over all directories; the other names are never touched. */
function nameOf(number: number): string {
  const directory = DIRECTORIES[number % DIRECTORIES.length] ?? "/";
  return `${directory === "/" ? "" : directory}/n${String(number)}`;
}

const name = fc.nat(NAMES - 1);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("create", "delete"), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move"), from: name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget") }) },
);

const plan = fc.record({
  sort: fc.constantFrom("path", "name", "size", "mtime"),
  order: fc.constantFrom("asc", "desc"),
  limit: fc.integer({ min: 1, max: 7 }),
  isRecursive: fc.boolean(),
  filter: fc.constantFrom("", "&type=f", "&glob=[n-z]*", "&regex=[0-9]$", "&min_size=3"),
  rounds: fc.array(fc.array(event, { maxLength: 5 }), { maxLength: 12 }),
});

it("tells what stands unchanged exactly once, in order, whatever else happens", async () => {
  let stayed = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ sort, order, limit, isRecursive, filter, rounds }) => {
      const { world, session } = await createFilled(tree(), { pipes: PATIENT, storage: "memory" });
      const query =
        `sort=${sort}&order=${order}&recursive=${String(isRecursive)}${filter}` +
        "&fields=path,name,size,mtime_ns";
      const before = await ask(world, `${query}&limit=10000`);
      const touched = new Set<string>();
      const told: EntriesReply["entries"][number][] = [];
      let seq = 1;
      let cursor: string | null = "";
      for (let round = 0; cursor !== null; round += 1) {
        const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
        const page: EntriesReply = await ask(world, `${query}&limit=${String(limit)}${from}`);
        told.push(...page.entries);
        cursor = page.next_cursor;
        for (const each of rounds[round] ?? []) {
          await world.clock.advance(each.kind === "forget" ? 0 : 1);
          seq += await happen(world, session, seq, each, touched);
        }
        // A result that is not held any more is looked for again, behind the last page.
        const forgets = rounds[round]?.some(({ kind }) => kind === "forget") === true;
        if (forgets) await world.clock.advance(61_000);
      }
      const paths = told.map(({ path }) => path);
      const unchanged = before.entries.filter(({ path = "" }) => !touched.has(path));
      stayed += unchanged.length;
      expect(paths.filter((path) => !touched.has(path ?? ""))).toEqual(
        unchanged.map(({ path }) => path),
      );
    }),
    { numRuns: 20 },
  );
  expect(stayed).toBeGreaterThan(100);
});

/** Tells Fusion of it, and notes the names that it touches. How many batches it took. */
async function happen(
  world: World,
  session: Parameters<typeof push>[1],
  seq: number,
  each: Event,
  touched: Set<string>,
): Promise<number> {
  const now = world.clock.now();
  switch (each.kind) {
    case "forget":
      return 0;
    case "create":
    case "delete": {
      const path = nameOf(each.name);
      touched.add(path);
      const message = change(path, now, { isDelete: each.kind === "delete" });
      expect((await push(world, session, "realtime", seq, [message])).status).toBe(200);
      return 1;
    }
    case "move": {
      const [from, to] = [nameOf(each.from), nameOf(each.to)];
      touched.add(from).add(to);
      const messages = [change(from, now, { isDelete: true }), change(to, now)];
      expect((await push(world, session, "realtime", seq, messages)).status).toBe(200);
      return 1;
    }
  }
}

function tree() {
  const entries: Record<string, Record<string, Given>> = {};
  for (const directory of DIRECTORIES) {
    entries[directory] = { "s-1": { size: 3 }, "t-2": { size: 3 }, "u.3": { size: 9, mtime: 5 } };
  }
  Object.assign(entries["/"] ?? {}, { "a/": {}, "b/": {}, "d/": {} });
  Object.assign(entries["/b"] ?? {}, { "c/": {} });
  for (let number = 0; number < NAMES; number += 2) {
    const path = nameOf(number);
    const directory = path.slice(0, path.lastIndexOf("/")) || "/";
    Object.assign(entries[directory] ?? {}, { [`n${String(number)}`]: { size: number % 5 } });
  }
  return entries;
}

async function ask(world: World, query: string): Promise<EntriesReply> {
  const reply = await world.call("GET", `${ENTRIES}?${query}`);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as EntriesReply;
}
