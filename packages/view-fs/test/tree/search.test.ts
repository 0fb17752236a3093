import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  confirmCandidates,
  searchNames,
  Tree,
  type Candidates,
  type SharedNames,
} from "../../src/tree/index.js";
import { Chance } from "../chance.js";
import { anyName } from "./any.js";
import { DIRECTORY, FILE } from "./rows.js";

describe("a search for names", () => {
  it.each([
    ["readme", ["README.md", "readme.txt"]],
    ["ReadMe.", ["README.md", "readme.txt"]],
    ["ärg", ["Ärger"]],
    ["本", ["日本語"]],
    ["\udcff", ["\udcff.dat", "É\udcff"]],
    ["é\udcff", ["É\udcff"]],
    ["e.", ["README.md", "readme.txt"]],
    ["t", ["readme.txt", "\udcff.dat"]],
    ["absent", []],
  ])("finds %j without case", (text, names) => {
    const tree = createTree([
      "README.md",
      "readme.txt",
      "Ärger",
      "日本語",
      "\udcff.dat",
      "É\udcff",
    ]);
    expect(new Set(search(tree, text))).toEqual(new Set(names));
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "agrees with a naive one, seed %i",
    (seed) => {
      const chance = new Chance(seed);
      const names = [...new Set(Array.from({ length: 200 }, () => anyName(chance)))];
      const tree = createTree(names);
      for (let i = 0; i < 40; i += 1) {
        const characters = Array.from(chance.pick(names)); // half a character is no text
        const from = chance.below(characters.length);
        const text = characters.slice(from, from + 1 + chance.below(4)).join("");
        const expected = names.filter((one) => one.toLowerCase().includes(text.toLowerCase()));
        expect(new Set(search(tree, text))).toEqual(new Set(expected));
      }
    },
  );

  it("finds directories too, and no more than it may", () => {
    const tree = createTree(["some-1", "some-2", "some-3"]);
    tree.insert(tree.root, "some-directory", DIRECTORY);
    expect(search(tree, "some-d")).toEqual(["some-directory"]);
    const { ids, truncated } = searchNames(tree.shared(), "some", 2);
    expect([ids.length, truncated]).toEqual([2, true]);
    expect(searchNames(tree.shared(), "some", 4).truncated).toBe(false);
  });

  it("confirms no node that was removed or renamed meanwhile", () => {
    const tree = createTree(["a-here", "b-here", "c-here"]);
    const found = searchNames(tree.shared(), "here", 10);
    const [a = 0, b = 0, c = 0] = tree.childrenOf(tree.root);
    tree.remove(a);
    tree.move(b, tree.root, "gone");
    expect([...confirmCandidates(tree, found, "HERE")]).toEqual([c]);
    expect([...confirmCandidates(tree, found, "")]).toEqual([b, c]);
  });

  it("finds a name by an old description after its bytes were copied away", () => {
    const tree = createTree([]);
    const churn = createChurn(tree);
    churn(3_000);
    tree.insert(tree.root, "STILL-here", FILE);
    const old = tree.shared();
    const segments = tree.names.segments();
    while (tree.names.segments()[0]?.used === segments[0]?.used) churn(500);
    const found = searchNames(old, "still", 10);
    expect(found.stale).toBe(false);
    expect(names(tree, found, "still")).toEqual(["STILL-here"]);
  });

  it("says that it is stale when memory that it looked through got another use", () => {
    const tree = createTree([]);
    const churn = createChurn(tree);
    churn(3_000);
    const old = tree.shared();
    const isStale = () => searchNames(old, "absent", 10).stale;
    expect(isStale()).toBe(false);
    for (let i = 0; i < 200 && !isStale(); i += 1) churn(1_000);
    expect(isStale()).toBe(true);
  });
});

describe("a search in a worker", () => {
  let worker: Worker;

  beforeAll(async () => {
    worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program())}`));
    await heardFrom(worker);
  });

  afterAll(() => worker.terminate());

  it("misses nothing that stands unchanged while the tree changes under it", async () => {
    const tree = createTree([]);
    const churn = createChurn(tree);
    churn(20_000);
    const still = new Set<string>();
    for (let i = 0; i < 500; i += 1) {
      const name = `Still-${String(i)}`;
      tree.insert(tree.root, name, FILE);
      still.add(name);
      churn(20);
    }
    let fresh = 0;
    for (let round = 0; round < 30; round += 1) {
      const answer = ask(worker, tree.shared(), "still");
      let found: Candidates | undefined;
      void answer.then((candidates) => (found = candidates));
      while (found === undefined) {
        churn(200);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (found.stale) continue;
      fresh += 1;
      expect(new Set(names(tree, found, "still"))).toEqual(still);
    }
    expect(fresh).toBeGreaterThan(0);
  });
});

function createTree(all: readonly string[]): Tree {
  const tree = new Tree({ digestMask: 0 });
  for (const name of all) tree.insert(tree.root, name, FILE);
  return tree;
}

function search(tree: Tree, text: string): string[] {
  return names(tree, searchNames(tree.shared(), text, 1_000), text);
}

function names(tree: Tree, candidates: Candidates, text: string): string[] {
  return [...confirmCandidates(tree, candidates, text)].map((id) => tree.name(id));
}

/** Long names that come and go, so that the pool copies and uses again; about 10,000 stay. */
function createChurn(tree: Tree): (times: number) => void {
  const chance = new Chance(1);
  const directory = tree.insert(tree.root, "churn", DIRECTORY);
  const ids: number[] = [];
  let made = 0;
  return (times) => {
    for (let i = 0; i < times; i += 1) {
      made += 1;
      ids.push(tree.insert(directory, `${String(made)}-${"x".repeat(240)}`, FILE));
      if (ids.length < 10_000) continue;
      const at = chance.below(ids.length);
      tree.remove(ids[at] ?? 0);
      ids[at] = ids.at(-1) ?? 0;
      ids.pop();
    }
  };
}

/** What a search needs stands in one folder and nothing else: it runs wherever it is put. */
function program(): string {
  const files = ["matches", "records", "find-bytes", "find-names", "search"];
  const folder = new URL("../../src/tree/search/", import.meta.url);
  const source = files
    .map((file) => readFileSync(new URL(`${file}.ts`, folder), "utf8"))
    .join("\n")
    .replace(/^import .*$/gmu, "");
  const { outputText } = transpileModule(source, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 },
  });
  return `import { parentPort } from "node:worker_threads";
    ${outputText}
    parentPort.on("message", ({ shared, text }) => parentPort.postMessage(searchNames(shared, text, 10_000)));
    parentPort.postMessage("ready");`;
}

function ask(worker: Worker, shared: SharedNames, text: string): Promise<Candidates> {
  const answer = heardFrom(worker);
  worker.postMessage({ shared, text });
  return answer as Promise<Candidates>;
}

async function heardFrom(worker: Worker): Promise<unknown> {
  const [message] = (await once(worker, "message")) as unknown[];
  return message;
}
