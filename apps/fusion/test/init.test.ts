import { readConfigFile } from "@fustor/core/host";
import { checkFusionConfig, fusionConfigSchema } from "@fustor/server";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { main } from "../src/program.js";
import { createFolder } from "./folder.js";

const run = (...args: string[]) => runMain(main, args);

describe("fustor-fusion init", () => {
  it("writes what it is told, and what is usual beside that", async () => {
    const home = await createFolder();
    const args = ["--home", home, "--yes", "--port", "9000", "--view", "lab"];
    const { code, stdout } = await run("init", ...args);
    expect(code).toBe(0);
    expect(stdout).toContain("keys create --scope query:lab");
    const file = join(home, "fusion-config.yaml");
    const { config, locate } = await readConfigFile(file, fusionConfigSchema);
    expect(config).toMatchObject({
      listen: { host: "127.0.0.1", port: 9000 },
      views: [{ id: "lab", type: "fs" }],
      pipes: [{ id: "default", view_ids: ["lab"] }],
    });
    checkFusionConfig(config, { subject: file, locate });
    expect((await run("init", ...args)).code).toBe(2);
  });

  it("speaks TLS where other machines are let in, and says how to get a certificate", async () => {
    const home = await createFolder();
    const { code, stdout } = await run("init", "--home", home, "--yes", "--host", "0.0.0.0");
    expect(code).toBe(0);
    expect(stdout).toMatch(/openssl req [^]*-out \S+\/cert\.pem/);
    const file = join(home, "fusion-config.yaml");
    const { config, locate } = await readConfigFile(file, fusionConfigSchema);
    const tls = { cert: join(home, "cert.pem"), key: join(home, "key.pem") };
    expect(config.listen).toMatchObject({ host: "0.0.0.0", tls });
    checkFusionConfig(config, { subject: file, locate });
  });

  it("takes no port that is none", async () => {
    const { code, stderr } = await run(
      "init",
      "--home",
      await createFolder(),
      "--yes",
      "--port",
      "x",
    );
    expect(code).toBe(2);
    expect(stderr).toContain("--port");
  });
});
