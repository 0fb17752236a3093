import { agentConfigSchema } from "@fustor/agent";
import { claimHome, readConfigFile } from "@fustor/core/host";
import { checkFusionConfig, createKeyStore, fusionConfigSchema } from "@fustor/server";
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeAgentConfig, writeFusionConfig } from "../src/up/configs.js";
import { readConnection, writeConnection } from "../src/up/connection.js";
import { forgetFormerFolder } from "../src/up/folder.js";
import { prepareKeys } from "../src/up/keys.js";
import { up } from "../src/up/up.js";
import { createFolder } from "./folder.js";

describe("fustor up", () => {
  it.each([
    ["there is no such folder", "missing"],
    ["it is a file", "file"],
  ])("refuses a path because %s, and makes nothing", async (reason, name) => {
    const folder = await createFolder();
    await writeFile(join(folder, "file"), "");
    const home = join(folder, "home");
    const ending = up({ dir: join(folder, name), home, entry: "", env: {} });
    await expect(ending).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(reason) as string,
    });
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("refuses no folder at all, and no home at all", async () => {
    const folder = await createFolder();
    for (const given of [{ dir: "" }, { dir: folder, home: "" }]) {
      const ending = up({ home: join(folder, "home"), entry: "", env: {}, ...given });
      await expect(ending).rejects.toMatchObject({ code: "USAGE" });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses to watch its own home, also through a link, and makes nothing in it", async () => {
    const folder = await createFolder();
    await mkdir(join(folder, "home/sub"), { recursive: true });
    await symlink(join(folder, "home"), join(folder, "link"));
    for (const dir of ["home", "link", "home/sub"]) {
      const ending = up({ dir: join(folder, dir), home: join(folder, "home"), entry: "", env: {} });
      await expect(ending).rejects.toMatchObject({
        code: "USAGE",
        message: expect.stringContaining("keeps its own files") as string,
      });
    }
    expect(await readdir(join(folder, "home"))).toEqual(["sub"]);
  });

  it("refuses a port that is none before anything starts", async () => {
    const dir = await createFolder();
    const env = { FUSTOR_AGENT_PORT: "http" };
    const ending = up({ dir, home: join(dir, "home"), entry: "", env });
    await expect(ending).rejects.toMatchObject({ code: "USAGE" });
    expect(await readdir(dir)).toEqual([]);
  });

  it("says who runs in the home already, and where", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "fusion");
    onTestFinished(() => claim.release());
    await claim.publish({ url: "http://127.0.0.1:8102" });
    const dir = await createFolder();
    await expect(up({ dir, home, entry: "", env: {} })).rejects.toMatchObject({
      code: "HOME_IN_USE",
      message: expect.stringMatching(
        new RegExp(`pid ${String(process.pid)}, http://127.0.0.1:8102`),
      ) as string,
    });
  });
});

describe("the files of fustor up", () => {
  it("are an agent's configuration, whatever the folder is called", async () => {
    const home = await createFolder();
    const dir = '/data/a "b": {c}\n#d';
    const endpoint = "http://127.0.0.1:8102";
    const file = await writeAgentConfig(home, { dir, endpoint, keyFile: "/k" });
    const { config } = await readConfigFile(file, agentConfigSchema);
    expect(config.sources[0]?.config).toEqual({ uri: dir });
    expect(config.senders[0]?.config).toEqual({ endpoint, credential: "file:/k" });
    expect(config.pipes).toHaveLength(1);
  });

  it("are a Fusion's configuration", async () => {
    const file = await writeFusionConfig(await createFolder(), "default");
    const { config } = await readConfigFile(file, fusionConfigSchema);
    expect(() => {
      checkFusionConfig(config);
    }).not.toThrow();
    expect(config.pipes?.[0]?.view_ids).toEqual(["default"]);
  });

  it("tell other programs where the pair is, and only this user's", async () => {
    const home = await createFolder();
    const connection = {
      endpoint: "http://127.0.0.1:1",
      query_key: "k",
      console_url: "http://127.0.0.1:1",
      agent_console_url: "http://127.0.0.1:2",
      view: "default",
    };
    await writeConnection(home, connection);
    expect(await readConnection(home)).toEqual(connection);
    expect(await readdir(home)).toEqual(["connection.json"]);
    expect((await stat(join(home, "connection.json"))).mode & 0o777).toBe(0o600);
  });
});

describe("what a pair knows", () => {
  async function createKnowingHome() {
    const home = await createFolder();
    await mkdir(join(home, "up"));
    await mkdir(join(home, "state/log"), { recursive: true });
    await writeFile(join(home, "state/audit.jsonl"), "");
    return home;
  }

  it("stays while the folder is the same, also by another name", async () => {
    const home = await createKnowingHome();
    const dir = await createFolder();
    await symlink(dir, `${dir}-link`);
    onTestFinished(() => rm(`${dir}-link`));
    for (const name of [dir, dir, `${dir}-link`]) {
      expect(await forgetFormerFolder(home, name)).toBeUndefined();
    }
    expect(await readdir(join(home, "state"))).toEqual(["audit.jsonl", "log"]);
  });

  it("goes with the folder, but for who did what", async () => {
    const home = await createKnowingHome();
    const [dir, other] = [await createFolder(), await createFolder()];
    await forgetFormerFolder(home, dir);
    expect(await forgetFormerFolder(home, other)).toBe(dir);
    expect(await readdir(join(home, "state"))).toEqual(["audit.jsonl"]);
    expect(await forgetFormerFolder(home, other)).toBeUndefined();
    await rename(other, `${other}-moved`);
    onTestFinished(() => rm(`${other}-moved`, { recursive: true }));
    await mkdir(other);
    expect(await forgetFormerFolder(home, other)).toBeUndefined();
    await writeFile(join(other, "x"), "");
    expect(await forgetFormerFolder(home, other)).toBe("another one at this path");
  });

  it("stays in a home whose Fusion has a configuration of its own", async () => {
    const home = await createKnowingHome();
    await writeFile(join(home, "fusion-config.yaml"), "");
    await forgetFormerFolder(home, await createFolder());
    expect(await forgetFormerFolder(home, await createFolder())).toBeUndefined();
    expect(await readdir(join(home, "state"))).toEqual(["audit.jsonl", "log"]);
  });
});

describe("the keys of fustor up", () => {
  async function prepareAgain(home: string) {
    const keys = await prepareKeys(home, "default");
    const rest = { endpoint: "", console_url: "", agent_console_url: "", view: "default" };
    await writeConnection(home, { ...rest, query_key: keys.query });
    return keys;
  }

  it("stay the same from start to start", async () => {
    const home = await createFolder();
    const first = await prepareAgain(home);
    expect(await prepareAgain(home)).toEqual(first);
    expect(await createKeyStore(join(home, "keys.json")).list()).toHaveLength(3);
  });

  it("are made anew when they were revoked", async () => {
    const home = await createFolder();
    const first = await prepareAgain(home);
    const store = createKeyStore(join(home, "keys.json"));
    for (const { id } of await store.list()) await store.revoke(id);

    const second = await prepareAgain(home);

    expect(second.query).not.toBe(first.query);
    expect(store.check(second.query)?.list).toEqual(["query:default"]);
  });

  it("may do no more than they must", async () => {
    const home = await createFolder();
    await prepareAgain(home);
    const keys = await createKeyStore(join(home, "keys.json")).list();
    expect(keys.map(({ scopes }) => scopes)).toEqual([
      ["query:default"],
      ["ingest:default"],
      ["admin"],
    ]);
  });
});
