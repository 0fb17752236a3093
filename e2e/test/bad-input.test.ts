import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentConfig } from "../support/agent-config.js";
import { atEndOfTest } from "../support/at-end.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { takenPort } from "../support/loopback.js";
import { itNeeds, program } from "../support/needs.js";
import { cli, CLI, run, type Outcome } from "../support/processes.js";
import { createSmallDisk, smallDisks } from "../support/small-disk.js";

const EXIT = { ok: 0, failure: 1, usage: 2, notRunning: 3, config: 78 } as const;

describe("an agent with a faulty file", () => {
  const uri = "/tmp";
  const faults: readonly (readonly [string, string, readonly RegExp[]])[] = [
    [
      "an unknown key",
      agentConfig({ uri }).replace("source_id", "sorce_id"),
      [/agent-config\.yaml:12:\d+/, /sorce_id/, /source_id/],
    ],
    [
      "a value of a wrong type",
      agentConfig({ uri }).replace("enabled: true", "enabled: 7"),
      [/agent-config\.yaml:12:\d+/, /true or false/],
    ],
    [
      "a bad indentation",
      agentConfig({ uri }).replace('    type: "fusion"', '   type: "fusion"'),
      [/agent-config\.yaml:9:\d+/],
    ],
    [
      "an unknown key of a driver",
      agentConfig({ uri }).replace("file_pattern", "file_patern"),
      [/agent-config\.yaml:6:\d+/, /file_patern/, /file_pattern/],
    ],
    [
      "a pipe to nowhere",
      agentConfig({ uri }).replace('sender_id: "to-fusion"', 'sender_id: "to-fission"'),
      [/agent-config\.yaml:12:\d+/, /to-fission/, /to-fusion/],
    ],
    [
      "an unknown driver",
      agentConfig({ uri, sourceType: "floppy" }),
      [/floppy/, /npm (i|install) .*@fustor\/source-floppy/],
    ],
  ];

  it.each(faults)("names %s, with its place and the fix", async (_name, text, words) => {
    const home = await makeHome(text);
    for (const args of [["start"], ["start", "-D"], ["config", "check"]]) {
      const outcome = await agent(home, args);
      expectOneSentence(outcome, EXIT.config);
      for (const word of words) expect(outcome.stdout + outcome.stderr).toMatch(word);
    }
  });

  it("names all faults at once", async () => {
    const text = agentConfig({ uri }).replace("sender_id:", "sendr_id:").replace("true", "7");
    const outcome = await agent(await makeHome(text), ["config", "check"]);
    expectOneSentence(outcome, EXIT.config);
    expect(outcome.stdout + outcome.stderr).toMatch(/sendr_id/);
    expect(outcome.stdout + outcome.stderr).toMatch(/enabled/);
  });

  it("says where a file was looked for when there is none", async () => {
    const home = await makeFolder("home");
    const outcome = await agent(home, ["start"]);
    expectOneSentence(outcome, EXIT.config);
    expect(outcome.stderr).toContain(join(home, "agent-config.yaml"));
  });

  it("names a driver of another API version before its code is loaded", async () => {
    const home = await makeHome(agentConfig({ uri, sourceType: "@acme/fustor-source-sap" }));
    const folder = join(home, "node_modules/@acme/fustor-source-sap");
    await mkdir(folder, { recursive: true });
    const manifest = {
      name: "@acme/fustor-source-sap",
      version: "7.0.0",
      type: "module",
      exports: "./index.js",
      keywords: ["fustor-driver"],
      fustor: { apiVersion: 99, kind: "source", name: "sap" },
    };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "index.js"), "throw new Error('was loaded');");

    const outcome = await agent(home, ["start"]);

    expectOneSentence(outcome, EXIT.config);
    expect(outcome.stderr).toMatch(/@acme\/fustor-source-sap/);
    expect(outcome.stderr).toMatch(/99/);
    expect(outcome.stderr).not.toMatch(/was loaded/);
  });
});

describe("an agent whose surroundings are not ready", () => {
  it("starts without its Fusion, keeps trying, and says so", async () => {
    const home = await makeHome(agentConfig({ uri: await makeFolder("tree") }));
    const outcome = await agentInBackground(home);
    expectNoStackTrace(outcome);
    expect(outcome.code).toBe(EXIT.ok);
    expect(outcome.stdout + outcome.stderr).toMatch(/127\.0\.0\.1:9/);
    await expectRetrying(home, /127\.0\.0\.1:9/);
    expectOneSentence(await agent(home, ["config", "check"]), EXIT.config);
  });

  it("starts without its folder, keeps trying, and says so", async () => {
    const missing = join(await makeFolder("tree"), "not-there");
    const fusion = await Fusion.start({ home: await makeFolder("fusion") });
    const { endpoint, key } = fusion;
    const home = await makeHome(agentConfig({ uri: missing, endpoint, credential: key }));
    expect((await agentInBackground(home)).code).toBe(EXIT.ok);
    await expectRetrying(home, /not-there/);
    const check = await agent(home, ["config", "check"]);
    expectOneSentence(check, EXIT.config);
    expect(check.stdout + check.stderr).toMatch(/not-there/);
  });

  it("names a field that no row has", async () => {
    const text = agentConfig({ uri: await makeFolder("tree") });
    const home = await makeHome(text.replace("enabled: true", "enabled: true, fields: [sise]"));
    const check = await agent(home, ["config", "check"]);
    expect(check.code).toBe(EXIT.config);
    expect(check.stdout + check.stderr).toMatch(
      /phase-files-to-fusion.*"sise"; did you mean "size"/,
    );
  });

  it("says that its key is wrong, and never shows it", async () => {
    const fusion = await Fusion.start({ home: await makeFolder("fusion") });
    const { endpoint } = fusion;
    const credential = "fk_000000000000_wrong-and-secret-0000000000000000000000000000";
    const uri = await makeFolder("tree");
    const home = await makeHome(agentConfig({ uri, endpoint, credential }));
    expect((await agentInBackground(home)).code).toBe(EXIT.ok);
    const shown = await expectRetrying(home, /key/i);
    expect(shown).not.toContain(credential);
    const check = await agent(home, ["config", "check"]);
    expectOneSentence(check, EXIT.config);
    expect(check.stdout + check.stderr).not.toContain(credential);
  });

  itNeeds(program("setpriv"))("names a folder that it may not read", async () => {
    const locked = await makeFolder("locked");
    await chmod(locked, 0o000);
    const fusion = await Fusion.start({ home: await makeFolder("fusion") });
    const { endpoint, key } = fusion;
    const home = await makeHome(agentConfig({ uri: locked, endpoint, credential: key }));
    const check = await unprivileged(home, ["config", "check"]);
    expectOneSentence(check, EXIT.config);
    expect(check.stdout + check.stderr).toContain(locked);
    atEndOfTest(() => agent(home, ["stop"]));
    const started = await unprivileged(home, ["start", "-D"]);
    expect(started.code).toBe(EXIT.ok);
    await expectRetrying(home, /EACCES|permission/i);
  });
});

describe("a place that is taken", () => {
  it("makes Fusion name the port", async () => {
    const { port, close } = await takenPort();
    atEndOfTest(close);
    const env = { FUSTOR_HOME: await makeFolder("home"), FUSTOR_FUSION_PORT: String(port) };
    for (const args of [["start"], ["start", "-D"]]) {
      const outcome = await cli("fusion", args, { env });
      expectOneSentence(outcome, EXIT.failure);
      expect(outcome.stderr).toContain(String(port));
    }
  });

  it("makes an agent name the port", async () => {
    const { port, close } = await takenPort();
    atEndOfTest(close);
    const home = await makeHome(agentConfig({ uri: await makeFolder("tree") }));
    const outcome = await cli("agent", ["start"], {
      env: { FUSTOR_HOME: home, FUSTOR_AGENT_PORT: String(port) },
    });
    expectOneSentence(outcome, EXIT.failure);
    expect(outcome.stderr).toContain(String(port));
  });

  it("makes a second agent of one home say who runs", async () => {
    const home = await makeHome(agentConfig({ uri: await makeFolder("tree") }));
    await agentInBackground(home);
    const pid = String(
      (JSON.parse((await agent(home, ["status", "--json"])).stdout) as { pid: number }).pid,
    );
    const outcome = await agent(home, ["start"]);
    expectOneSentence(outcome, EXIT.failure);
    expect(outcome.stderr).toContain(pid);
  });
});

describe.each(["agent", "fusion"] as const)("a full disk under the home of the %s", (name) => {
  itNeeds(smallDisks)("is named with the fix, and forgotten once there is room", async () => {
    const disk = createSmallDisk();
    const home = join(disk.path, "home");
    await mkdir(home);
    await writeFile(join(home, "agent-config.yaml"), agentConfig({ uri: disk.path }));
    const before = await readdir(home);
    const env = { FUSTOR_HOME: home, FUSTOR_AGENT_PORT: "0", FUSTOR_FUSION_PORT: "0" };
    atEndOfTest(() => cli(name, ["stop"], { env }));

    await disk.fill();
    for (const args of [["start"], ["start", "-D"]]) {
      const outcome = await cli(name, args, { env });
      expectOneSentence(outcome, EXIT.failure);
      expect(outcome.stderr).toBe(
        `Cannot use ${home} as home: its file system is full. Free some space, or set FUSTOR_HOME to another folder.\n`,
      );
      expectOneSentence(await cli(name, ["status"], { env }), EXIT.notRunning);
    }
    // The log of the second start is empty, and nothing half-written is left.
    expect((await readdir(home)).filter((file) => file !== "logs")).toEqual(before);

    await disk.free();
    expect(await cli(name, ["start", "-D"], { env })).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect((await cli(name, ["status"], { env })).code).toBe(EXIT.ok);
    expect((await cli(name, ["stop"], { env })).code).toBe(EXIT.ok);
  });
});

describe("a disk that is full from the first command on", () => {
  itNeeds(smallDisks)("is named, and nothing of it is in the way later", async () => {
    const disk = createSmallDisk();
    const home = join(disk.path, "home");
    await mkdir(home);
    const env = { FUSTOR_HOME: home };
    const commands = [
      ["agent", "init", "--yes", "--folder", disk.path],
      ["fusion", "init", "--yes"],
      ["fusion", "keys", "create", "--scope", "admin"],
    ] as const;

    await disk.fill();
    for (const [name, ...args] of commands) {
      const outcome = await cli(name, args, { env });
      expectOneSentence(outcome, EXIT.failure);
      expect(outcome.stderr).toMatch(/its file system is full\. Free some space/);
      expect(await readdir(home)).toEqual([]);
    }

    await disk.free();
    for (const [name, ...args] of commands) {
      expect((await cli(name, args, { env })).code).toBe(EXIT.ok);
    }
  });
});

describe("a Fusion with a faulty file", () => {
  const faults: readonly (readonly [string, string, readonly RegExp[]])[] = [
    ["an unknown key", "listen: { prt: 1 }\n", [/fusion-config\.yaml:1:\d+/, /prt/, /port/]],
    [
      "a value of a wrong type",
      "listen:\n  port: many\n",
      [/fusion-config\.yaml:2:\d+/, /whole number/],
    ],
    ["a bad indentation", "views:\n  - id: a\n   type: fs\n", [/fusion-config\.yaml:3:\d+/]],
    ["an unknown view driver", "views: [{ id: a, type: floppy }]\n", [/floppy/]],
  ];

  it.each(faults)("names %s, with its place and the fix", async (_name, text, words) => {
    const home = await makeFolder("home");
    await writeFile(join(home, "fusion-config.yaml"), text);
    const outcome = await cli("fusion", ["start"], {
      env: { FUSTOR_HOME: home, FUSTOR_FUSION_PORT: "0" },
    });
    expectOneSentence(outcome, EXIT.config);
    for (const word of words) expect(outcome.stdout + outcome.stderr).toMatch(word);
  });
});

describe.each(["agent", "fusion"] as const)("the command line of the %s", (name) => {
  it("refuses what it does not know", async () => {
    const env = { FUSTOR_HOME: await makeFolder("home") };
    for (const args of [["strat"], ["start", "--nonsense"]]) {
      const outcome = await cli(name, args, { env });
      expect(outcome.code).toBe(EXIT.usage);
      expectNoStackTrace(outcome);
    }
  });

  it("says that nothing runs", async () => {
    const env = { FUSTOR_HOME: await makeFolder("home") };
    for (const args of [["status"], ["stop"]]) {
      expectOneSentence(await cli(name, args, { env }), EXIT.notRunning);
    }
  });
});

async function makeHome(config: string): Promise<string> {
  const home = await makeFolder("home");
  await writeFile(join(home, "agent-config.yaml"), config, { mode: 0o600 });
  return home;
}

function agent(home: string, args: readonly string[]): Promise<Outcome> {
  return cli("agent", args, { env: agentEnvironment(home) });
}

async function agentInBackground(home: string): Promise<Outcome> {
  atEndOfTest(() => agent(home, ["stop"]));
  return agent(home, ["start", "-D"]);
}

/** Without the power to read what file permissions forbid; whoever is not root never has it. */
function unprivileged(home: string, args: readonly string[]): Promise<Outcome> {
  const env = agentEnvironment(home);
  if (process.getuid?.() !== 0) return cli("agent", args, { env });
  const drop = ["--bounding-set=-dac_override,-dac_read_search"];
  return run("setpriv", [...drop, process.execPath, CLI.agent, ...args], { env });
}

function agentEnvironment(home: string): Record<string, string> {
  return { FUSTOR_HOME: home, FUSTOR_AGENT_PORT: "0" };
}

/** Returns everything that `status` shows. */
async function expectRetrying(home: string, reason: RegExp): Promise<string> {
  const json = await agent(home, ["status", "--json"]);
  const { pipes } = JSON.parse(json.stdout) as {
    pipes: { state: string; problem: { message: string } }[];
  };
  expect(pipes[0]?.state).toBe("retrying");
  expect(pipes[0]?.problem.message).toMatch(reason);
  const plain = await agent(home, ["status"]);
  expect(plain.stdout).toMatch(/retrying/);
  expect(plain.stdout).toMatch(reason);
  return json.stdout + plain.stdout;
}

function expectOneSentence(outcome: Outcome, code: number): void {
  expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ code });
  expectNoStackTrace(outcome);
  expect((outcome.stdout + outcome.stderr).trim()).not.toBe("");
}

function expectNoStackTrace({ stdout, stderr }: Outcome): void {
  expect(stdout + stderr).not.toMatch(/^\s+at .*[:(].*\d+:\d+\)?$/m);
  expect(stdout + stderr).not.toMatch(/node:internal|dist\/.*\.js:\d/);
}
