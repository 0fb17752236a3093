import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { main } from "../src/program.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

const run = (...args: string[]) => runMain(main, args);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("fustor-agent", () => {
  it("prints its version", async () => {
    expect(await run("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });

  it("shows examples in its help", async () => {
    const { code, stdout } = await run("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("fustor-agent start -D");
  });

  it.each([[["strat"]], [["start", "--nonsense"]], [["config", "chek"]], [[]]])(
    "ends with 2 for %j",
    async (args) => {
      const { code, stderr } = await run(...args);
      expect(code).toBe(2);
      expect(stderr).not.toBe("");
    },
  );

  it.each(["status", "stop"])("says with %s that nothing runs", async (command) => {
    const home = await createFolder();
    const { code, stderr } = await run(command, "--home", home);
    expect(code).toBe(3);
    expect(stderr).toBe(`No agent is running in ${home}. Start one with: fustor-agent start -D\n`);
  });

  it.each([["start"], ["config", "check"], ["config", "show"]])(
    "names the missing file with %s %s",
    async (...words) => {
      const home = join(await createFolder(), "never-made");
      const args = words.filter((word) => typeof word === "string");
      const { code, stdout, stderr } = await run(...args, "--home", home);
      expect(code).toBe(78);
      expect(stdout + stderr).toContain(join(home, "agent-config.yaml"));
      expect(existsSync(home)).toBe(false);
    },
  );

  it("refuses a port in the environment that is none", async () => {
    vi.stubEnv("FUSTOR_AGENT_PORT", "80a");
    const home = await createFolder(homeFiles(CONFIG));
    const { code, stderr } = await run("start", "--home", home);
    expect(code).toBe(2);
    expect(stderr).toContain("FUSTOR_AGENT_PORT");
  });

  it("shows the configuration without its secrets", async () => {
    const home = await createFolder(homeFiles(CONFIG.replace("k1", "very-secret")));
    const { code, stdout } = await run("config", "show", "--home", home);
    expect(code).toBe(0);
    expect(stdout).toContain("path: /data");
    expect(stdout).toContain("watch_backend: auto");
    expect(stdout).not.toContain("very-secret");
  });

  it("lists every fault with config check", async () => {
    const faulty = CONFIG.replace("path:", "pth:").replace("lines, sender", "line, sender");
    const home = await createFolder(homeFiles(faulty));
    const { code, stdout } = await run("config", "check", "--json", "--home", home);
    expect(code).toBe(78);
    const findings = JSON.parse(stdout) as { level: string; message: string }[];
    expect(findings.map(({ level }) => level)).toEqual(["fault", "fault", "fault"]);
  });

  it("lists the drivers of the home", async () => {
    const manifest = {
      name: "fustor-source-lines",
      version: "1.2.3",
      type: "module",
      exports: "./index.js",
      keywords: ["fustor-driver"],
      fustor: { apiVersion: 1, kind: "source", name: "lines" },
    };
    const home = await createFolder({
      "node_modules/fustor-source-lines/package.json": JSON.stringify(manifest),
      "node_modules/fustor-source-lines/index.js": "throw new Error('was loaded');",
    });
    const { code, stdout } = await run("drivers", "list", "--home", home);
    expect(code).toBe(0);
    expect(stdout).toMatch(/lines +source +fustor-source-lines +1\.2\.3 +ok/);
  });

  it("warns of a page that others can reach", async () => {
    const config = `${CONFIG}listen: { host: 0.0.0.0, port: 0 }\n`;
    const home = await createFolder(homeFiles(config));
    const { stdout } = await run("config", "check", "--home", home);
    expect(stdout).toMatch(/warning.*listen\.host is 0\.0\.0\.0: others on the network reach/);
  });

  it.each([
    ["start", 2],
    ["config check", 78],
  ])("refuses a wrong log level with %s", async (command, exitCode) => {
    vi.stubEnv("FUSTOR_LOG_LEVEL", "foo");
    const home = await createFolder(homeFiles(CONFIG));
    const { code, stdout, stderr } = await run(...command.split(" "), "--home", home);
    expect(stdout + stderr).toContain('FUSTOR_LOG_LEVEL is "foo"; use debug, info, warn or error.');
    expect(code).toBe(exitCode);
  });
});
