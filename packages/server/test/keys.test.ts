import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createKeyStore } from "../src/index.js";
import { makeFolder } from "./support.js";

async function createStore() {
  const home = await makeFolder();
  const file = join(home, "keys.json");
  const clock = new ManualClock(5_000);
  return { home, file, clock, store: createKeyStore(file, { clock }) };
}

describe("key store", () => {
  it("makes keys that can be told apart and checked", async () => {
    const { store } = await createStore();
    const one = await store.create({ name: "one", scopes: ["ingest:p"] });
    const two = await store.create({ scopes: ["query:v", "ingest:p"] });
    expect(one.key).toMatch(/^fk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    expect(one.key).toContain(one.id);
    expect(store.check(one.key)?.list).toEqual(["ingest:p"]);
    expect(store.check(two.key)?.keyId).toBe(two.id);
    const made = { createdAt: 5_000, expiresAt: undefined };
    expect(await store.list()).toEqual([
      { ...made, id: one.id, name: "one", scopes: ["ingest:p"] },
      { ...made, id: two.id, name: undefined, scopes: ["query:v", "ingest:p"] },
    ]);
  });

  it("never writes a secret down", async () => {
    const { store, file } = await createStore();
    const { key } = await store.create({ scopes: ["admin"] });
    const secret = key.split("_").slice(2).join("_");
    expect(await readFile(file, "utf8")).not.toContain(secret);
  });

  it("keeps its file to its owner and leaves no draft", async () => {
    const { store, file, home } = await createStore();
    await store.create({ scopes: ["admin"] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(home)).toEqual(["keys.json"]);
  });

  it.each([
    "",
    "fk_",
    "fk_000000000000_",
    "admin",
    "fk_zzzzzzzzzzzz_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    `fk_000000000000_${"A".repeat(43)}`,
    `fk_000000000000_${"A".repeat(10_000)}`,
  ])("knows no key %j", async (key) => {
    const { store } = await createStore();
    await store.create({ scopes: ["admin"] });
    expect(store.check(key)).toBeUndefined();
  });

  it("refuses a known id with another secret", async () => {
    const { store } = await createStore();
    const { key } = await store.create({ scopes: ["admin"] });
    const last = key.endsWith("A") ? "B" : "A";
    expect(store.check(key.slice(0, -1) + last)).toBeUndefined();
    expect(store.check(`${key}A`)).toBeUndefined();
  });

  it("forgets a revoked key at once", async () => {
    const { store } = await createStore();
    const { id, key } = await store.create({ scopes: ["admin"] });
    expect(await store.revoke(id)).toBe(true);
    expect(store.check(key)).toBeUndefined();
    expect(await store.revoke(id)).toBe(false);
  });

  it("follows what another process does to the file within a second", async () => {
    const { store, file, clock } = await createStore();
    const other = createKeyStore(file, { clock });
    const { id, key } = await store.create({ scopes: ["admin"] });
    expect(other.check(key)).toBeDefined();
    await store.revoke(id);
    await clock.advance(1_000);
    expect(other.check(key)).toBeUndefined();
  });

  it("knows a key that another process made a moment ago", async () => {
    const { store, file, clock } = await createStore();
    store.check(`fk_${"0".repeat(12)}_${"A".repeat(43)}`);
    const { key } = await createKeyStore(file, { clock }).create({ scopes: ["admin"] });
    await clock.advance(20);
    expect(store.check(key)).toBeDefined();
  });

  it("loses no key when several are made at once", async () => {
    const { store } = await createStore();
    const made = await Promise.all([1, 2, 3, 4].map(() => store.create({ scopes: ["admin"] })));
    expect(made.map(({ key }) => store.check(key)?.admin)).toEqual([true, true, true, true]);
  });

  it("loses no key when several processes make one at once", async () => {
    const { file } = await createStore();
    const stores = Array.from({ length: 8 }, () => createKeyStore(file));
    const made = await Promise.all(stores.map((store) => store.create({ scopes: ["admin"] })));
    const kept = await createKeyStore(file).list();
    expect(kept.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  });

  it("trusts nobody while its file is broken, and says so to who manages it", async () => {
    const { store, file, clock } = await createStore();
    const { key } = await store.create({ scopes: ["admin"] });
    expect(store.check(key)).toBeDefined();
    await writeFile(file, '{"keys": [{"id": "x", "scopes": ["everything"]}]}');
    await clock.advance(1_000);
    expect(store.check(key)).toBeUndefined();
    await expect(store.create({ scopes: ["admin"] })).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining(file) as string,
    });
  });

  it("never overwrites a file of a newer version", async () => {
    const { store, file } = await createStore();
    const newer = '{"version": 3, "keys": []}';
    await writeFile(file, newer);
    await expect(store.create({ scopes: ["admin"] })).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining("version 3, which a newer Fusion wrote") as string,
    });
    expect(await readFile(file, "utf8")).toBe(newer);
  });

  it("blames the home when its file cannot be written, and advises nobody to remove it", async () => {
    const { home } = await createStore();
    const missing = join(home, "missing");
    const store = createKeyStore(join(missing, "keys.json"));
    const error: unknown = await store
      .create({ scopes: ["admin"] })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining(`Cannot use ${missing} as home`) as string,
    });
    expect((error as Error).message).not.toMatch(/remove it/);
  });

  it.each([
    [[]],
    [["query"]],
    [["query:"]],
    [["query:a/"]],
    [["query:a//b"]],
    [["query:a/../b"]],
    [["query:a/b/"]],
    [["ingest:a/b"]],
    [["ADMIN"]],
    [["ingest:*"]],
  ])("makes no key with the scopes %j", async (scopes) => {
    const { store } = await createStore();
    await expect(store.create({ scopes })).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("expiry and rotation", () => {
  it("ends a key at its time, to the millisecond, also one that was found before", async () => {
    const { store, clock } = await createStore();
    const { id, key } = await store.create({ scopes: ["admin"], expiresAt: 65_000 });
    await clock.advance(59_999);
    expect(store.check(key)?.facts).toEqual({ expiresAt: 65_000 });
    expect(store.find(id)?.keyId).toBe(id);
    await clock.advance(1);
    expect(store.check(key)).toBeUndefined();
    expect(store.find(id)).toBeUndefined();
    expect((await store.list()).map(({ expiresAt }) => expiresAt)).toEqual([65_000]);
  });

  it.each([5_000, 4_999, NaN])(
    "makes no key that ends at %d, before it begins",
    async (expiresAt) => {
      const { store } = await createStore();
      await expect(store.create({ scopes: ["admin"], expiresAt })).rejects.toMatchObject({
        code: "USAGE",
      });
    },
  );

  it("lets two keys of the same name and scopes live until one is revoked", async () => {
    const { store } = await createStore();
    const old = await store.create({ name: "agent", scopes: ["ingest:p"] });
    const young = await store.create({ name: "agent", scopes: ["ingest:p"] });
    expect(store.check(old.key)?.list).toEqual(store.check(young.key)?.list);
    await store.revoke(old.id);
    expect(store.check(old.key)).toBeUndefined();
    expect(store.check(young.key)?.keyId).toBe(young.id);
  });

  it("reads the file of an older version, and keeps its keys when it writes anew", async () => {
    const { store, file } = await createStore();
    const { key, id } = await store.create({ scopes: ["query:v"] });
    const text = (await readFile(file, "utf8")).replace('"version": 2', '"version": 1');
    expect(text).toContain('"version": 1');
    await writeFile(file, text);
    const later = createKeyStore(file, { clock: new ManualClock(6_000) });
    expect(later.check(key)?.keyId).toBe(id);
    await later.create({ scopes: ["admin"] });
    expect(later.check(key)?.keyId).toBe(id);
    expect(await readFile(file, "utf8")).toContain('"version": 2');
  });

  it("takes no stored key whose time of end is no number", async () => {
    const { store, file } = await createStore();
    const { key } = await store.create({ scopes: ["admin"], expiresAt: 9_000 });
    const text = (await readFile(file, "utf8")).replace("9000", '"never"');
    await writeFile(file, text);
    expect(createKeyStore(file, { clock: new ManualClock(6_000) }).check(key)).toBeUndefined();
  });
});

describe("scopes", () => {
  it.each([
    [["query:a"], "a", ["/"]],
    [["admin"], "a", ["/"]],
    [["query:a/x", "query:a/y/z"], "a", ["/x", "/y/z"]],
    [["query:a/x", "query:a/x/y", "query:a/xy"], "a", ["/x", "/xy"]],
    [["query:a/x", "query:a"], "a", ["/"]],
    [["query:a/x"], "ab", []],
    [["query:ab/x"], "a", []],
    [["ingest:a"], "a", []],
  ])("of %j let view %s be read at %j", async (scopes, view, parts) => {
    const { store } = await createStore();
    const { key } = await store.create({ scopes });
    expect(store.check(key)?.partsOf(view)).toEqual(parts);
    // A part is not the whole.
    expect(store.check(key)?.allows(`query:${view}`)).toBe(parts[0] === "/");
  });

  it("allow what they name and nothing else; admin allows everything", async () => {
    const { store } = await createStore();
    const { key } = await store.create({ scopes: ["query:a"] });
    const { key: admin } = await store.create({ scopes: ["admin"] });
    const scopes = store.check(key);
    expect(scopes?.allows("query:a")).toBe(true);
    expect(scopes?.allows("query:b")).toBe(false);
    expect(scopes?.allows("ingest:a")).toBe(false);
    expect(scopes?.admin).toBe(false);
    expect(store.check(admin)?.allows("ingest:anything")).toBe(true);
  });
});
