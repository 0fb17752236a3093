import type { Found, FsAttributes, Order, Place, Question, Steps } from "@fustor/schema-fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directory, file, Scene, type Agent } from "./scene.js";

const BY_PATH: Order = { by: "path", isDescending: false };

function finish<Result>(steps: Steps<Result>, between: () => void = () => undefined): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    between();
  }
}

function ask(scene: Scene, given: Partial<Question> = {}): Found {
  const question = { path: "/", isRecursive: true, filter: {}, order: BY_PATH, max: 1_000_000 };
  return finish(scene.view.find({ ...question, ...given }));
}

const textsOf = ({ rows }: Found) => rows.map(({ text }) => text);

/** A directory of so many files, larger than what is put in order at once. */
function createLarge(count: number): { scene: Scene; agent: Agent; names: string[] } {
  const scene = new Scene();
  const agent = scene.agent("a");
  const names = Array.from(
    { length: count },
    (_, i) => `n${String((i * 7919) % count).padStart(6, "0")}`,
  );
  agent.listing("/", { "n000005.d": directory({ ino: 7 }), l: directory({ ino: 8 }) }, { at: 10 });
  const entries: Record<string, FsAttributes> = {};
  for (const name of names) entries[name] = file();
  agent.listing("/l", entries, { at: 10 });
  return { scene, agent, names: [...names].sort() };
}

describe("find", () => {
  it("compares names byte by byte, and whole names before what is below them", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const names = ["a.b", "\udcff", "é", "Z", "😀", "\uffee"];
    const entries: Record<string, FsAttributes> = { a: directory() };
    for (const name of names) entries[name] = file();
    a.listing("/", entries, { at: 10 });
    a.listing("/a", { x: file() }, { at: 10 });
    const expected = ["Z", "a", "a/x", "a.b", "é", "\uffee", "😀", "\udcff"];
    expect(textsOf(ask(scene))).toEqual(expected.map((name) => `/${name}`));
    const descending = ask(scene, { order: { by: "path", isDescending: true } });
    expect(textsOf(descending)).toEqual(expected.map((name) => `/${name}`).reverse());
  });

  it("puts a directory in order that is larger than what is chosen at once", () => {
    const { scene, names } = createLarge(21_000);
    const expected = ["/l", ...names.map((name) => `/l/${name}`), "/n000005.d"];
    expect(textsOf(ask(scene))).toEqual(expected);
    const descending = { by: "path", isDescending: true } as const;
    expect(textsOf(ask(scene, { order: descending }))).toEqual([...expected].reverse());
  });

  it.each(["path", "name", "size", "mtime"] as const)("goes on behind any row by %s", (by) => {
    const { scene } = createLarge(2_500);
    for (const isDescending of [false, true]) {
      const order = { by, isDescending };
      const told: number[] = [];
      let after: Place | undefined;
      for (let more = true; more;) {
        const rest = after === undefined ? {} : { after };
        const found = ask(scene, { order, max: 999, ...rest });
        told.push(...found.rows.map(({ id }) => id));
        after = found.rows.at(-1);
        more = found.hasMore;
      }
      expect(told).toEqual(ask(scene, { order }).rows.map(({ id }) => id));
      expect(new Set(told).size).toBe(2_502);
    }
  });

  it.each([
    { isDescending: false, to: "/z", pages: [["/a", "/m"], ["/z"]] },
    { isDescending: true, to: "/A", pages: [["/m", "/a"], ["/A"]] },
  ])(
    "neither skips nor repeats what stands beside a new name: $to",
    ({ isDescending, to, pages }) => {
      const scene = new Scene();
      const a = scene.agent("a");
      const moved = directory({ ino: 3 });
      a.listing("/", { a: file(), d: moved, m: file() }, { at: 10 });
      const order = { by: "path", isDescending } as const;
      const question = { path: "/", isRecursive: true, filter: {}, order, max: 2 };
      let isFirst = true;
      const first = finish(scene.view.find(question), () => {
        if (isFirst) a.move("/d", to, moved, 1_000);
        isFirst = false;
      });
      const after = first.rows.at(-1);
      if (after === undefined) throw new Error("something should be found");
      const second = ask(scene, { order, after, max: 2 });
      expect([textsOf(first), textsOf(second)]).toEqual(pages);
    },
  );

  it("leaves out what a large directory has that does not answer", () => {
    const { scene } = createLarge(5_000);
    const filter = { name: (name: string) => name.endsWith("77") };
    expect(ask(scene, { filter }).rows).toHaveLength(50);
    expect(ask(scene, { filter, path: "/l", isRecursive: false }).rows).toHaveLength(50);
  });

  it("shows what was found as it is now, or not at all", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing(
      "/",
      { d: directory(), small: file({ size: 1 }), gone: file({ size: 1 }) },
      { at: 10 },
    );
    a.listing("/d", { x: file({ size: 1 }) }, { at: 10 });
    const filter = { maxSize: 1 };
    const question = { path: "/", isRecursive: true, filter };
    const { rows } = ask(scene, { filter });
    a.upsert("/small", file({ size: 2 }), 100_000);
    a.remove("/gone", 100_000);
    const shown = rows.map((row) => scene.view.shown(row, question)?.path);
    expect(shown).toEqual(["/d/x", undefined, undefined]);
  });
});

interface Happening {
  /** So many steps later. */
  readonly after: number;
  readonly kind: "upsert" | "remove" | "move";
  readonly from: string;
  readonly to: string;
}

const HOMES = ["", "/a", "/b", "/a/c", "/a/c/e"];
const MOVABLE = ["/m0", "/m1", "/a/m0", "/b/m1", "/a/c/m0", "/a/c/e/m1"];

const FREE = ["/A0", "/n0", "/a/n1", "/b/A2", "/b/n2", "/a/c/A3", "/a/c/n3", "/m0/n4"];

const happening: fc.Arbitrary<Happening> = fc.record({
  after: fc.nat(12),
  kind: fc.constantFrom("upsert" as const, "remove" as const, "move" as const),
  from: fc.constantFrom(...MOVABLE, ...FREE),
  to: fc.constantFrom(...FREE),
});

/** Files that nothing happens to, and directories with the same in them that are moved about. */
function createBusy(): { scene: Scene; agent: Agent } {
  const scene = new Scene();
  const agent = scene.agent("a");
  for (const [number, home] of [...HOMES, ...MOVABLE].entries()) {
    const entries: Record<string, FsAttributes> = {};
    for (const each of [...HOMES, ...MOVABLE]) {
      const name = each.slice(each.lastIndexOf("/") + 1);
      const ino = 100 + [...HOMES, ...MOVABLE].indexOf(each);
      if (each !== "" && each === `${home}/${name}`) entries[name] = directory({ ino });
    }
    for (let i = 0; i < 4; i += 1)
      entries[`f${String(i)}`] = file({ size: i, ino: number * 10 + i });
    agent.listing(home === "" ? "/" : home, entries, { at: 10 });
  }
  return { scene, agent };
}

describe("what stands unchanged while it is looked for", () => {
  const plan = fc.record({
    by: fc.constantFrom("path" as const, "name" as const, "size" as const, "mtime" as const),
    isDescending: fc.boolean(),
    max: fc.integer({ min: 1, max: 30 }),
    happenings: fc.array(happening, { maxLength: 40 }),
    scans: fc.boolean(),
  });

  it("is found exactly once, and in order", () => {
    let met = 0;
    let moved = 0;
    fc.assert(
      fc.property(plan, ({ by, isDescending, max, happenings, scans }) => {
        const { scene, agent } = createBusy();
        const order = { by, isDescending };
        const before = ask(scene, { order }).rows.map((row) => shownPath(scene, row));
        const touched: string[] = [];
        const left = [...happenings];
        let wait = left[0]?.after ?? 0;
        const between = () => {
          for (; wait === 0 && left.length > 0; wait = left[0]?.after ?? 0) {
            const each = left.shift();
            if (each !== undefined && happen(scene, agent, each, touched)) moved += 1;
          }
          wait -= 1;
        };
        const told = scans ? scanAll(scene, between) : findAll(scene, { order, max }, between);
        const isUntouched = (path: string) =>
          path !== "" && !touched.some((each) => path === each || path.startsWith(`${each}/`));
        const unchanged = before.filter(isUntouched);
        met += unchanged.length;
        const found = told.filter(isUntouched);
        if (scans) expect(found.sort()).toEqual(unchanged.sort());
        else expect(found).toEqual(unchanged);
      }),
      { numRuns: 300 },
    );
    expect(met).toBeGreaterThan(2_000);
    expect(moved).toBeGreaterThan(80);
  });

  function shownPath(scene: Scene, row: Found["rows"][number]): string {
    return scene.view.shown(row, { path: "/", isRecursive: true, filter: {} })?.path ?? "";
  }

  /** In chunks, each behind the one before. */
  function findAll(
    scene: Scene,
    given: Pick<Question, "order" | "max">,
    between: () => void,
  ): string[] {
    const told: string[] = [];
    let after: Place | undefined;
    for (let more = true; more;) {
      const rest = after === undefined ? {} : { after };
      const question = { path: "/", isRecursive: true, filter: {}, ...given, ...rest };
      const found = finish(scene.view.find(question), between);
      told.push(...found.rows.map((row) => shownPath(scene, row)));
      after = found.rows.at(-1);
      more = found.hasMore;
    }
    return told;
  }

  function scanAll(scene: Scene, between: () => void): string[] {
    const told: string[] = [];
    for (const node of scene.view.scan({ path: "/", isRecursive: true, filter: {} })) {
      if (node !== undefined) told.push(node.path);
      between();
    }
    return told;
  }

  /** True when a directory was moved. */
  function happen(
    scene: Scene,
    agent: Agent,
    { kind, from, to }: Happening,
    touched: string[],
  ): boolean {
    const at = scene.at + 10;
    touched.push(from);
    if (kind === "remove") {
      agent.remove(from, at);
      return false;
    }
    if (kind === "upsert") {
      agent.upsert(from, file({ size: 9 }), at);
      return false;
    }
    const attributes = scene.view.node(from)?.attributes;
    if (attributes === undefined || scene.view.node(to) !== undefined) return false;
    touched.push(to);
    agent.move(from, to, attributes, at);
    return scene.view.node(to)?.isDirectory === true;
  }
});
