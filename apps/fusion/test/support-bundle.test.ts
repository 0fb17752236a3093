import { spawnSync } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createKeyStore } from "@fustor/server";
import { describe, expect, it } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { main } from "../src/program.js";
import { createFolder, VIEW } from "./folder.js";

const CANARY = "canary-Zx81";

describe("fustor-fusion support-bundle", () => {
  it("holds what helps, in an archive that tar reads, for its user alone", async () => {
    const home = await createFolder();
    const file = join(home, "bundle.tar.gz");
    const { code, stdout } = await runMain(main, ["support-bundle", file, "--home", home]);
    expect(code).toBe(0);
    expect(stdout).toContain(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const listed = spawnSync("tar", ["tzf", file], { encoding: "utf8" });
    expect(listed.status, listed.stderr).toBe(0);
    const names = listed.stdout.split("\n").map((line) => line.replace(/^[^/]*\//, ""));
    expect(names.filter(Boolean)).toEqual([
      "about.json",
      "config.json",
      "doctor.json",
      "log.txt",
      "readyz.json",
      "metrics.txt",
    ]);
    const about = spawnSync("tar", ["xzOf", file, "--wildcards", "*/about.json"], {
      encoding: "utf8",
    });
    expect(JSON.parse(about.stdout)).toMatchObject({ app: "fusion", version: "0.1.0" });
  });

  it("holds no secret, wherever it stood", async () => {
    const home = await createFolder({
      "view.mjs": VIEW,
      "fusion-config.yaml": `views: [ { id: v, type: ./view.mjs, config: { token: "${CANARY}-config" } } ]\n`,
      "connection.json": JSON.stringify({ query_key: `${CANARY}-pair` }),
    });
    const { key } = await createKeyStore(join(home, "keys.json")).create({ scopes: ["admin"] });
    await mkdir(join(home, "logs"));
    const lines = [
      `took ${CANARY}-config from the file`,
      `sent ${CANARY}-pair, and ${encodeURIComponent(`${CANARY}-pair`)}`,
      `base64 ${Buffer.from(`${CANARY}-config`).toString("base64")}`,
      `key ${key} was used`,
      `GET http://user:${CANARY}-user@nas/x`,
      `authorization: Bearer ${CANARY}-bearer`,
      `{"password":"${CANARY}-password","msg":"kept"}`,
    ];
    await writeFile(join(home, "logs", "fusion.log"), lines.join("\n"));
    const file = join(home, "bundle.tar.gz");
    expect((await runMain(main, ["support-bundle", file, "--home", home])).code).toBe(0);
    const text = gunzipSync(await readFile(file)).toString("latin1");
    expect(text).toContain("kept");
    expect(text).toContain('"token": "***"');
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(Buffer.from(CANARY).toString("base64").slice(0, 12));
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.split("_").slice(2).join("_"));
  });

  it("replaces no file", async () => {
    const home = await createFolder({ "mine.txt": "mine" });
    const file = join(home, "mine.txt");
    const { code, stderr } = await runMain(main, ["support-bundle", file, "--home", home]);
    expect(code).toBe(2);
    expect(stderr).toContain("is there already");
    expect(await readFile(file, "utf8")).toBe("mine");
  });
});
