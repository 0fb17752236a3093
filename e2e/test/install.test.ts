import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { agentConfig } from "../support/agent-config.js";
import { atEndOfGroup, atEndOfTest } from "../support/at-end.js";
import { eventuallyEqual } from "../support/equal.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { root, run, runOk, type Outcome } from "../support/processes.js";
import { pack, startRegistry, type Registry } from "../support/registry.js";
import { fillWithSamples } from "../support/sample-tree.js";

/** One way to get the agent onto a machine. */
interface Way {
  readonly name: string;
  /** Installs the packages from an empty folder. */
  install(folder: string, packages: readonly string[]): Promise<void>;
  /** The command that runs an installed program. */
  command(folder: string): readonly [string, ...string[]];
}

const PACKAGES = ["@fustor/agent", "@fustor/source-fs"];
const WITHIN_MS = 120_000;

describe("packages from a registry", () => {
  const atEnd = atEndOfGroup();
  let registry: Registry;
  let pnpm: string;

  beforeAll(async () => {
    const folder = await makeFolder("registry", { atEnd });
    registry = await startRegistry(folder, atEnd);
    pnpm = (await runOk(process.execPath, ["-e", FIND_PNPM], { cwd: root })).trim();
  });

  const ways: readonly Way[] = [
    {
      name: "npm i",
      install: async (cwd, packages) => {
        await runOk("npm", ["i", ...packages], { cwd, env: registry.env, withinMs: WITHIN_MS });
      },
      command: () => ["npx", "fustor-agent"],
    },
    {
      name: "npm i -g",
      install: async (cwd, packages) => {
        await runOk("npm", ["i", "-g", `--prefix=${cwd}`, ...packages], {
          cwd,
          env: registry.env,
          withinMs: WITHIN_MS,
        });
      },
      command: (folder) => [join(folder, "bin/fustor-agent")],
    },
    {
      name: "pnpm add",
      install: (cwd, packages) => runPnpm(["add", ...packages], cwd),
      command: () => ["npx", "fustor-agent"],
    },
    {
      name: "pnpm add -g",
      install: (cwd, packages) => runPnpm(["add", "-g", ...packages], cwd),
      command: (folder) => [join(folder, "bin/fustor-agent")],
    },
  ];

  it.each(ways)("$name gives an agent that does its job", async (way) => {
    const folder = await makeFolder("install");
    await way.install(folder, PACKAGES);
    const dir = await makeFolder("tree");
    await fillWithSamples(dir);
    const fusion = await Fusion.start({ home: await makeFolder("fusion") });
    const { endpoint, key: credential } = fusion;
    const home = await makeFolder("home");
    await writeFile(
      join(home, "agent-config.yaml"),
      agentConfig({ uri: dir, endpoint, credential }),
    );
    const agent = runsIn(folder, home, way.command(folder));
    atEndOfTest(() => agent("stop"));

    expectOk(await agent("start", "-D"));
    await eventuallyEqual(dir, fusion.view);
    const status = await agent("status");
    expectOk(status);
    expect(status.stdout).toMatch(/phase-files-to-fusion.*running/);
    expectOk(await agent("stop"));
    expect((await agent("status")).code).toBe(3);
  });

  it("a driver of somebody else is found by its type and by its package's name", async () => {
    const folder = await makeFolder("install");
    const [tarball = ""] = await pack(folder, join(root, "examples/source-jsonl"));
    await ways[0]?.install(folder, [...PACKAGES, tarball]);
    const rows = join(folder, "rows.jsonl");
    await writeFile(rows, '{"id":"first"}\n');

    for (const type of ["jsonl", "@fustor/source-jsonl"]) {
      const home = await makeFolder("home");
      await writeFile(join(home, "agent-config.yaml"), jsonlConfig(type, rows));
      const agent = runsIn(folder, home, ["npx", "fustor-agent"]);
      atEndOfTest(() => agent("stop"));
      const drivers = await agent("drivers", "list");
      expectOk(drivers);
      expect(drivers.stdout).toMatch(/jsonl/);
      expectOk(await agent("start", "-D"));
      expect((await agent("status")).stdout).toMatch(/rows-to-log.*running/);
    }
  });

  it("fustor brings everything, and npm warns of nothing but engines known to work", async () => {
    const folder = await makeFolder("install");
    const { code, stderr } = await run("npm", ["i", "fustor"], {
      cwd: folder,
      env: registry.env,
      withinMs: WITHIN_MS,
    });
    expect(code, stderr).toBe(0);
    const engines = stderr.split("\n").filter((line) => line.includes("package:"));
    expect(engines.filter((line) => !line.includes("'cookie@"))).toEqual([]);
    expect(stderr).not.toMatch(/deprecated|ERESOLVE|peer/i);

    const manifest = await readFile(join(root, "apps/fustor/package.json"), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    const shown = await runOk("npx", ["fustor", "--version"], { cwd: folder, env: registry.env });
    expect(shown).toContain(version);
  });

  /**
   * pnpm runs no install script that nobody approved, and ends with 1 to say so. Ours need none to
   * be run: the prebuilt files are inside the packages.
   */
  async function runPnpm(args: readonly string[], cwd: string): Promise<void> {
    await mkdir(join(cwd, "bin"));
    const env = {
      ...registry.env,
      PNPM_HOME: cwd,
      PATH: `${join(cwd, "bin")}:${cwd}:${process.env["PATH"] ?? ""}`,
      pnpm_config_global_bin_dir: join(cwd, "bin"),
    };
    const outcome = await run(pnpm, args, { cwd, env, withinMs: WITHIN_MS });
    if (outcome.code === 0) return;
    expect(outcome.stdout + outcome.stderr).toMatch(/ERR_PNPM_IGNORED_BUILDS/);
  }

  function runsIn(
    folder: string,
    home: string,
    [program, ...first]: readonly [string, ...string[]],
  ) {
    const env = { ...registry.env, FUSTOR_HOME: home, FUSTOR_AGENT_PORT: "0" };
    return (...args: readonly string[]): Promise<Outcome> =>
      run(program, [...first, ...args], { cwd: folder, env });
  }
});

const FIND_PNPM = `import("./scripts/pnpm.mjs").then(async (it) => console.log(await it.findPnpm()))`;

function jsonlConfig(type: string, path: string): string {
  return `sources:
  - { id: rows, type: ${JSON.stringify(type)}, config: { path: ${JSON.stringify(path)} } }
senders:
  - { id: log, type: echo, config: {} }
pipes:
  - { id: rows-to-log, source_id: rows, sender_id: log, enabled: true }
`;
}

function expectOk(outcome: Outcome): void {
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
}
