import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { main } from "../src/program.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

const CANARY = "canary-Zx81";

describe("fustor-agent support-bundle", () => {
  it("holds configuration, findings and log, and no secret", async () => {
    const home = await createFolder(homeFiles(CONFIG.replace("k1", CANARY)));
    await mkdir(join(home, "logs"));
    await writeFile(join(home, "logs", "agent.log"), `{"msg":"kept, and ${CANARY} is not"}\n`);
    const file = join(home, "bundle.tar.gz");
    const { code } = await runMain(main, ["support-bundle", file, "--home", home]);
    expect(code).toBe(0);
    const text = gunzipSync(await readFile(file)).toString("latin1");
    for (const part of ["about", "config", "doctor", "status"])
      expect(text).toContain(`/${part}.json`);
    expect(text).toContain("kept, and *** is not");
    expect(text).toContain('"key": "***"');
    expect(text).not.toContain(CANARY);
  });

  it("is made also of what cannot run, without showing its configuration", async () => {
    const home = await createFolder(homeFiles(`${CONFIG}nonsense: ${CANARY}\n`));
    const file = join(home, "bundle.tar.gz");
    expect((await runMain(main, ["support-bundle", file, "--home", home])).code).toBe(0);
    const text = gunzipSync(await readFile(file)).toString("latin1");
    expect(text).toContain("nonsense");
    expect(text).not.toContain(CANARY);
  });
});
