import { createKeyStore, type KeyInfo } from "@fustor/server";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { main } from "../src/program.js";
import { createFolder } from "./folder.js";

/** Runs one command line inside the test. */
async function run(...args: string[]) {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const code = await main(args, { entry: "", args: [] });
  vi.restoreAllMocks();
  return { code, stdout, stderr };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("fustor-fusion", () => {
  it("prints its version", async () => {
    expect(await run("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });

  it.each([
    [["strat"]],
    [["start", "--nonsense"]],
    [["keys", "create"]],
    [["keys", "revoke"]],
    [[]],
  ])("ends with 2 for %j", async (args) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).not.toBe("");
  });

  it.each(["status", "stop"])("says with %s that nothing runs", async (command) => {
    const home = await createFolder();
    const { code, stderr } = await run(command, "--home", home);
    expect(code).toBe(3);
    expect(stderr).toContain(home);
  });
});

describe("fustor-fusion keys", () => {
  it("prints a new key alone, keeps no copy of it, and guards the file", async () => {
    const home = await createFolder();
    const scopes = ["--scope", "ingest:default", "--scope", "query:default"];
    const { code, stdout } = await run("keys", "create", ...scopes, "--home", home);
    const file = join(home, "keys.json");
    const key = stdout.trim();

    expect(code).toBe(0);
    expect(createKeyStore(file).check(key)?.list).toEqual(["ingest:default", "query:default"]);
    expect(await readFile(file, "utf8")).not.toContain(key.split("_").at(-1));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("takes several scopes after one --scope", async () => {
    const home = await createFolder();
    await run("keys", "create", "--scope", "ingest:a", "query:b", "--home", home);
    const [key] = await createKeyStore(join(home, "keys.json")).list();
    expect(key?.scopes).toEqual(["ingest:a", "query:b"]);
  });

  it("refuses a scope that is none", async () => {
    const home = await createFolder();
    const { code, stderr } = await run("keys", "create", "--scope", "root", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toMatch(/"root".*ingest:<pipe>/);
  });

  it("lists keys by name and scope, and makes a revoked one useless", async () => {
    const home = await createFolder();
    const named = ["--scope", "admin", "--name", "ops", "--json", "--home", home];
    const { id, key } = JSON.parse((await run("keys", "create", ...named)).stdout) as {
      id: string;
      key: string;
    };
    expect((await run("keys", "list", "--home", home)).stdout).toMatch(
      new RegExp(`${id} +ops +admin`),
    );

    expect((await run("keys", "revoke", id, "--home", home)).code).toBe(0);

    const left = (await run("keys", "list", "--json", "--home", home)).stdout;
    expect(JSON.parse(left) as KeyInfo[]).toEqual([]);
    expect(createKeyStore(join(home, "keys.json")).check(key)).toBeUndefined();
  });

  it("says that there is no such key", async () => {
    const home = await createFolder();
    const { code, stderr } = await run("keys", "revoke", "abc", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toContain('"abc"');
  });
});
