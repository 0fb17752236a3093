import { createKeyStore, type KeyInfo } from "@fustor/server";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { main } from "../src/program.js";
import { createFolder, VIEW } from "./folder.js";

const run = (...args: string[]) => runMain(main, args);

afterEach(() => {
  vi.unstubAllEnvs();
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

describe("fustor-fusion config show", () => {
  it("prints all defaults", async () => {
    const home = await createFolder({
      "fusion-config.yaml": "views: [{ id: a, type: ./view.mjs }]\n",
      "view.mjs": VIEW,
    });
    const { code, stdout } = await run("config", "show", "--home", home);
    expect(code).toBe(0);
    expect(stdout).toBe(`views:
  - id: a
    type: ./view.mjs
    config:
      keep_sec: 60
listen:
  host: 127.0.0.1
  port: 8102
  insecure: false
  allowed_hosts: []
limits:
  max_batch_bytes: 67108864
  max_batch_rows: 100000
  max_sessions: 1000
  max_connections: 10000
  max_requests_per_sec: 5000
  header_timeout_sec: 15
  request_timeout_sec: 300
  answer_timeout_sec: 60
  max_query_seconds: 60
  max_query_nodes: 100000000
storage: disk
checkpoint_after_mb: 32
pipes:
  - id: a
    view_ids:
      - a
    session_timeout_seconds: 30
    audit_interval_sec: 600
    sentinel_interval_sec: 120
`);
  });

  it("hides what the driver calls a secret, and says which port it would take", async () => {
    vi.stubEnv("FUSTOR_FUSION_PORT", "9001");
    const home = await createFolder({
      "fusion-config.yaml": "views: [{ id: a, type: ./view.mjs, config: { token: hush } }]\n",
      "view.mjs": VIEW,
    });
    const { stdout } = await run("config", "show", "--home", home);
    expect(stdout).toContain("port: 9001");
    expect(stdout).toContain("token: '***'");
    expect(stdout).not.toContain("hush");
  });

  it("names the place of a fault", async () => {
    const home = await createFolder({ "fusion-config.yaml": "listen: { prt: 1 }\n" });
    const { code, stdout, stderr } = await run("config", "show", "--home", home);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    expect(stderr).toContain(join(home, "fusion-config.yaml:1:11"));
  });
});

describe("fustor-fusion drivers list", () => {
  const manifest = (kind: string, name: string) =>
    JSON.stringify({
      name: `fustor-${kind}-${name}`,
      version: "1.2.3",
      type: "module",
      exports: "./index.js",
      keywords: ["fustor-driver"],
      fustor: { apiVersion: 1, kind, name },
    });
  const files = {
    "node_modules/fustor-view-counts/package.json": manifest("view", "counts"),
    "node_modules/fustor-view-counts/index.js": "throw new Error('was loaded');",
    "node_modules/fustor-view-torn/package.json": "{",
    "node_modules/fustor-source-lines/package.json": manifest("source", "lines"),
    "node_modules/fustor-source-torn/package.json": "{",
  };

  it("lists the views of the home and no other drivers", async () => {
    const home = await createFolder(files);
    const { code, stdout } = await run("drivers", "list", "--home", home);
    expect(code).toBe(0);
    expect(stdout).toMatch(/counts +view +fustor-view-counts +1\.2\.3 +ok/);
    expect(stdout).toMatch(/fustor-view-torn +unusable/);
    expect(stdout).not.toContain("fustor-source");
  });

  it("lists them as JSON", async () => {
    const home = await createFolder(files);
    const { stdout } = await run("drivers", "list", "--json", "--home", home);
    const drivers = JSON.parse(stdout) as { packageName: string; kind?: string }[];
    expect(drivers.map(({ packageName }) => packageName)).toContain("fustor-view-counts");
    expect(drivers.some(({ kind = "view" }) => kind !== "view")).toBe(false);
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
    expect(await readFile(file, "utf8")).not.toContain(key.split("_").slice(2).join("_"));
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

  it("knows no key where none was ever made", async () => {
    const home = join(await createFolder(), "home");
    const { code, stderr } = await run("keys", "revoke", "abc", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^There is no key "abc" in /);
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

  it("makes a key that expires, and says when in words and as JSON", async () => {
    const home = await createFolder();
    const args = ["--scope", "query:default/a b", "--expires", "90d", "--home", home];
    const { key, expiresAt } = JSON.parse(
      (await run("keys", "create", "--json", ...args)).stdout,
    ) as { key: string; expiresAt: number };
    const keys = createKeyStore(join(home, "keys.json"));
    expect(keys.check(key)?.partsOf("default")).toEqual(["/a b"]);
    const [stored] = await keys.list();
    expect(stored?.expiresAt).toBe(Math.round(expiresAt));
    expect(Math.round((expiresAt - (stored?.createdAt ?? 0)) / 86_400_000)).toBe(90);
    const { stdout } = await run("keys", "list", "--home", home);
    expect(stdout).toMatch(/query:default\/a b .*\d{4}-\d\d-\d\d.*\d{4}-\d\d-\d\d/);
  });

  it.each(["", "90", "0d", "1m", "-1d", "1e3d", "999999w"])(
    "takes %j for no time to live, and makes no key",
    async (expires) => {
      const home = await createFolder();
      const args = ["--scope", "admin", `--expires=${expires}`, "--home", home];
      const { code, stderr } = await run("keys", "create", ...args);
      expect(code).toBe(2);
      expect(stderr).toContain("12h, 90d, 52w");
      expect(await createKeyStore(join(home, "keys.json")).list()).toEqual([]);
    },
  );

  it("says that there is no such key", async () => {
    const home = await createFolder();
    const { code, stderr } = await run("keys", "revoke", "abc", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toContain('"abc"');
  });
});
