import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, describeSourceContract, ManualClock, testContext } from "@fustor/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import jsonl from "../src/index.js";

describeSourceContract({
  module: jsonl,
  pollMs: 1000,
  createWorld: async () => {
    const file = await createFile();
    let inserted = 0;
    return {
      config: { path: file.path, poll_ms: 1000 },
      insert: async () => {
        inserted += 1;
        await appendFile(file.path, `{"id":"row-${String(inserted)}"}\n`);
        return `/row-${String(inserted)}`;
      },
      remove: () => file.empty(),
      dispose: file.dispose,
    };
  },
});

describe("jsonl source", () => {
  let file: Awaited<ReturnType<typeof createFile>>;
  const stop = new AbortController();

  beforeEach(async () => {
    file = await createFile();
  });

  afterEach(() => file.dispose());

  it("leaves a half-written last line for the next look", async () => {
    await appendFile(file.path, '{"id":"whole"}\n{"id":"ha');
    expect(await snapshotKeys()).toEqual(["whole"]);
  });

  it("passes over lines that are no rows", async () => {
    await appendFile(file.path, 'nonsense\n{"id":5}\n[]\nnull\n{"id":"row"}\n');
    expect(await snapshotKeys()).toEqual(["row"]);
  });

  it("says that everything may have been missed when the file was rewritten", async () => {
    await appendFile(file.path, '{"id":"old"}\n');
    const clock = new ManualClock();
    const source = await jsonl.create({ path: file.path, poll_ms: 50 }, testContext({ clock }));
    const messages = (await source.watch(stop.signal))[Symbol.asyncIterator]();
    const next = messages.next();
    await writeFile(file.path, '{"id":"new"}\n');
    await clock.advance(50);

    expect((await next).value).toMatchObject({ kind: "lost", scope: "/" });
    expect((await messages.next()).value).toMatchObject({
      kind: "listing",
      entries: { rows: [["new", '{"id":"new"}']] },
    });
  });

  it("names the file that it cannot read", async () => {
    const path = `${file.path}.missing`;
    const source = await jsonl.create({ path, poll_ms: 50 }, testContext());
    await expect(source.describe(stop.signal)).rejects.toMatchObject({
      code: "SOURCE_UNAVAILABLE",
      retryable: true,
      message: expect.stringContaining(path) as string,
    });
  });

  async function snapshotKeys(): Promise<unknown[]> {
    const source = await jsonl.create({ path: file.path, poll_ms: 50 }, testContext());
    const messages = await collect(source.snapshot(stop.signal));
    return messages.flatMap((message) =>
      message.kind === "listing" ? message.entries.rows.map(([id]) => id) : [],
    );
  }
});

/** A file of its own for every test, so that tests can run in any order and at once. */
async function createFile() {
  const dir = await mkdtemp(join(tmpdir(), "fustor-jsonl-"));
  const path = join(dir, "rows.jsonl");
  await writeFile(path, "");
  return {
    path,
    empty: async () => {
      await writeFile(path, "");
    },
    dispose: () => rm(dir, { recursive: true }),
  };
}
