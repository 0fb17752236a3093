import { execFile } from "node:child_process";
import { appendFile, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import { describe, expect, it, vi } from "vitest";
import { printCompletion, toCompletionTree } from "../src/cli/completion.js";
import { addDrivers, removeDrivers } from "../src/cli/drivers-change.js";
import { logs } from "../src/cli/logs.js";
import { purge } from "../src/cli/purge.js";
import { installService, uninstallService } from "../src/cli/service.js";
import { createFolder } from "./folder.js";

const exec = promisify(execFile);
const launcher = { entry: "/opt/fustor/cli.js", args: ["agent"] };

/** What a command prints, which ends when `stop` does. */
async function capture(run: () => unknown) {
  let text = "";
  const out = vi.spyOn(process.stdout, "write").mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  try {
    await run();
    return text;
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const RECORD = '{"level":"info","time":"2026-01-31T10:00:00.000Z","msg":"agent started","pid":7}';

describe("logs", () => {
  it("shows the last lines, records in a form for people", async () => {
    const home = await createFolder();
    await mkdir(join(home, "logs"));
    await writeFile(join(home, "logs/agent.log"), `one\ntwo\n${RECORD}\nhalf a li`);
    const shown = await capture(() => logs("agent", { home, launcher, lines: "2" }));
    expect(shown).toMatch(/^two\n.* info {2}agent started pid=7\n$/);
    const raw = await capture(() => logs("agent", { home, launcher, lines: "1", json: true }));
    expect(raw).toBe(`${RECORD}\n`);
    expect(await capture(() => logs("agent", { home, launcher, lines: "0" }))).toBe("");
  });

  it("follows what is written, through a file that takes its place", async () => {
    const home = await createFolder();
    const file = join(home, "logs/agent.log");
    await mkdir(join(home, "logs"));
    await writeFile(file, "old\n");
    let text = "";
    const out = vi.spyOn(process.stdout, "write").mockImplementation((piece) => {
      text += String(piece);
      return true;
    });
    try {
      const following = logs("agent", { home, launcher, lines: "0", follow: true });
      const seen = (wanted: string) =>
        vi.waitFor(() => {
          expect(text).toBe(wanted);
        }, 10_000);
      await appendFile(file, "one\nha");
      await seen("one\n");
      await appendFile(file, "lf\n");
      await seen("one\nhalf\n");
      await rename(file, `${file}.1`);
      await writeFile(file, "new file\n");
      await seen("one\nhalf\nnew file\n");
      process.emit("SIGINT");
      expect(await following).toBe(0);
    } finally {
      out.mockRestore();
    }
  });

  it("says that there is no log yet", async () => {
    const home = await createFolder();
    await expect(logs("agent", { home, launcher, lines: "9" })).rejects.toThrow("no agent was");
  });
});

describe("purge", () => {
  it("says what it would remove, and removes nothing unless it is told to", async () => {
    const home = await createFolder({ "agent-id": "x", "agent-config.yaml": "y", mine: "z" });
    const said = await capture(() => purge("agent", { home, launcher, dryRun: true }));
    expect(said).toBe(
      `This would remove:\n  ${join(home, "agent-id")}\n  ${join(home, "agent-config.yaml")}\n`,
    );
    await expect(purge("agent", { home, launcher })).rejects.toThrow("--dry-run");
    expect((await readdir(home)).sort()).toEqual(["agent-config.yaml", "agent-id", "mine"]);
    await capture(() => purge("agent", { home, launcher, yes: true }));
    expect(await readdir(home)).toEqual(["mine"]);
  });

  it("leaves a project of its user and what the other app has alone", async () => {
    const home = await createFolder({ "agent-id": "x", "package.json": '{"name":"mine"}' });
    await mkdir(join(home, "node_modules"));
    await capture(() => purge("agent", { home, launcher, yes: true }));
    expect((await readdir(home)).sort()).toEqual(["node_modules", "package.json"]);
    const shared = await createFolder({
      "agent-id": "x",
      "keys.json": "{}",
      "connection.json": "",
    });
    await capture(() => purge("agent", { home: shared, launcher, yes: true }));
    expect((await readdir(shared)).sort()).toEqual(["connection.json", "keys.json"]);
  });
});

describe("drivers add and remove", () => {
  it.each(["--global", "-g", "a b", "x;y", ""])("take %j for no package", async (name) => {
    const home = await createFolder();
    await expect(addDrivers("agent", [name], { home, launcher })).rejects.toThrow("no package");
    await expect(removeDrivers("agent", [name], { home, launcher })).rejects.toThrow();
    expect(await readdir(home)).toEqual([]);
  });

  it("install a folder without running its scripts, and say what it is", async () => {
    const home = await createFolder();
    const manifest = {
      name: "fustor-source-lines",
      version: "1.2.3",
      type: "module",
      exports: "./index.js",
      keywords: ["fustor-driver"],
      fustor: { kind: "source", name: "lines", apiVersion: 1 },
      scripts: { install: "touch ran" },
    };
    const driver = await createFolder({
      "package.json": JSON.stringify(manifest),
      "index.js": "",
    });
    const said = await capture(() => addDrivers("agent", [driver], { home, launcher }));
    expect(said).toContain('fustor-source-lines 1.2.3 is the source "lines".');
    expect(await readdir(driver)).not.toContain("ran");
    await capture(() => removeDrivers("agent", ["fustor-source-lines"], { home, launcher }));
    expect(await readdir(join(home, "node_modules"))).not.toContain("fustor-source-lines");
    await expect(
      removeDrivers("agent", ["fustor-source-lines"], { home, launcher }),
    ).rejects.toThrow("is not installed");
  });
});

describe("service", () => {
  it("prints the unit it would install, and changes nothing", async () => {
    const home = await createFolder();
    const unit = await capture(() => installService("agent", { home, launcher, dryRun: true }));
    expect(unit).toContain("/opt/fustor/cli.js agent start");
    expect(unit).toContain(`FUSTOR_HOME=${home}`);
    const said = await capture(() => uninstallService("agent", { home, launcher, dryRun: true }));
    expect(said).toContain("fustor-agent.service");
  });
});

describe("completion", () => {
  const program = new Command("fustor-x").description("x");
  program.command("start").option("-D, --daemon", "it's quoted");
  const keys = program.command("keys");
  keys.command("create").option("--scope <scope>", "what for");

  const print = (shell: string) =>
    capture(() => {
      printCompletion(toCompletionTree(program), shell);
    });

  it.each([
    [["st"], ["start"]],
    [
      ["keys", ""],
      ["create", "--help"],
    ],
    [["keys", "create", "--s"], ["--scope"]],
    [
      ["start", "-"],
      ["--daemon", "-D", "--help"],
    ],
  ])("of bash offers for %j", async (words, offered) => {
    const script = await print("bash");
    const line = ["fustor-x", ...words].map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${String(words.length)}; _fustor_x; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await exec("bash", ["-c", `${script}\n${ask}`]);
    expect(stdout.trim().split("\n").sort()).toEqual([...offered].sort());
  });

  it("is there for zsh and fish, and for no other", async () => {
    expect(await print("zsh")).toContain("compadd -- create --help");
    expect(await print("fish")).toContain(`-n '_fustor_x_at "fustor-x keys create"' -l scope`);
    await expect(print("csh")).rejects.toThrow("bash, zsh, fish");
  });
});
