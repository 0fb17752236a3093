import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { SourceDescription } from "@fustor/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { runMain } from "../../../packages/core/test/run-main.js";
import { checkClockDifference } from "../src/doctor/clock-difference.js";
import { checkMount } from "../src/doctor/mount.js";
import { checkInstances, checkWatches } from "../src/doctor/watches.js";
import { main } from "../src/program.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

const NOW = Date.parse("2026-05-05T10:00:00Z");

function description(
  uri: string,
  facts: Readonly<Record<string, unknown>> = {},
): SourceDescription {
  return { schema: "fs", uri, identity: "x", scope: {}, facts };
}

/** What the kernel would tell. */
async function createProc(limits: Readonly<Record<string, number>>): Promise<string> {
  const proc = await createFolder();
  const folder = join(proc, "sys/fs/inotify");
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(limits)) {
    await writeFile(join(folder, name), `${String(value)}\n`);
  }
  return proc;
}

async function createTree(directories: number): Promise<string> {
  const root = await createFolder();
  for (let at = 1; at < directories; at += 1) {
    await mkdir(join(root, `d${String(at % 3)}`, String(at)), { recursive: true });
  }
  return root;
}

async function serveDate(date: Date): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { date: date.toUTCString() }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("doctor: watches", () => {
  const surroundings = async (max_user_watches: number) => ({
    proc: await createProc({ max_user_watches }),
    now: () => NOW,
  });

  it("are enough for the directories of the tree", async () => {
    const root = await createTree(7);
    const findings = await checkWatches("source s", description(root), await surroundings(100));
    expect(findings).toMatchObject([{ level: "ok" }]);
  });

  it("are too few, and the fix names how many there should be", async () => {
    const root = await createTree(7);
    const findings = await checkWatches("source s", description(root), await surroundings(5));
    expect(findings).toEqual([
      {
        level: "warning",
        subject: "source s",
        message:
          "10 directories, and fs.inotify.max_user_watches is 5; what is not watched is looked at now and then",
        fix: "sudo sysctl -w fs.inotify.max_user_watches=32 (and in /etc/sysctl.d to keep it)",
      },
    ]);
  });

  it("are counted for a few seconds at most", async () => {
    let time = NOW;
    const hurried = { ...(await surroundings(3)), now: () => (time += 2_000) };
    const [finding] = await checkWatches("s", description(await createTree(30)), hurried);
    expect(finding?.message).toMatch(/^at least \d+ directories/);
  });

  it("are no matter of a source without directories, or a system without inotify", async () => {
    const other = { ...description("/"), schema: "lines" };
    expect(await checkWatches("s", other, await surroundings(1))).toEqual([]);
    const elsewhere = { proc: await createFolder(), now: () => NOW };
    expect(await checkWatches("s", description("/nowhere"), elsewhere)).toEqual([]);
  });
});

describe("doctor: inotify instances", () => {
  it("counts those that are open, and names when none is left", async () => {
    const proc = await createProc({ max_user_instances: 3 });
    await mkdir(join(proc, "12/fd"), { recursive: true });
    await mkdir(join(proc, "13"));
    await symlink("anon_inode:inotify", join(proc, "12/fd/4"));
    await symlink("anon_inode:inotify", join(proc, "12/fd/5"));
    await symlink("/dev/null", join(proc, "12/fd/6"));
    expect(await checkInstances(1, { proc })).toMatchObject([{ level: "ok" }]);
    expect(await checkInstances(2, { proc })).toMatchObject([
      { level: "fault", fix: expect.stringContaining("max_user_instances=1024") as string },
    ]);
  });
});

describe("doctor: mount", () => {
  it("says what a share means for events", () => {
    const facts = { fs_type: "nfs", network: true, attribute_cache_sec: 60, backend: "inotify" };
    expect(checkMount("source s", description("/mnt", facts))).toMatchObject([
      {
        level: "warning",
        message: expect.stringContaining("nfs is shared") as string,
        fix: expect.stringContaining("attribute_cache_sec") as string,
      },
    ]);
    const local = { fs_type: "ext4", network: false };
    expect(checkMount("source s", description("/", local))).toMatchObject([{ level: "ok" }]);
  });
});

describe("doctor: clocks", () => {
  const check = (endpoint: unknown) => checkClockDifference("sender f", endpoint, () => NOW);

  it("agree within two seconds", async () => {
    expect(await check(await serveDate(new Date(NOW)))).toMatchObject([{ level: "ok" }]);
  });

  it("differ", async () => {
    expect(await check(await serveDate(new Date(NOW - 90_000)))).toMatchObject([
      {
        level: "warning",
        message: expect.stringContaining("differ by 89.5 s") as string,
        fix: expect.stringContaining("time server") as string,
      },
    ]);
  });

  it("cannot be compared where nobody answers, or nobody is named", async () => {
    expect(await check("http://127.0.0.1:1")).toEqual([]);
    expect(await check(undefined)).toEqual([]);
  });
});

describe("fustor-agent doctor", () => {
  interface Printed {
    readonly level: string;
    readonly subject: string;
    readonly message: string;
    readonly fix?: string;
  }

  const examine = async (home: string) => {
    const { code, stdout } = await runMain(main, ["doctor", "--json", "--home", home]);
    return { code, findings: JSON.parse(stdout) as Printed[] };
  };

  it("ends with 1 for a fault and names it with its fix", async () => {
    const home = await createFolder(
      homeFiles(CONFIG.replace("source_id: lines", "source_id: linse")),
    );
    const { code, findings } = await examine(home);
    expect(code).toBe(1);
    const faults = findings.filter(({ level }) => level === "fault");
    expect(faults).toMatchObject([
      {
        subject: expect.stringContaining("agent-config.yaml:10") as string,
        message: expect.stringContaining('did you mean "lines"') as string,
      },
    ]);
  });

  it("goes on looking when the configuration is missing", async () => {
    const home = await createFolder();
    const { code, findings } = await examine(home);
    expect(code).toBe(1);
    const subjects = findings.map(({ subject }) => subject);
    for (const subject of ["Node.js", "platform", `home ${home}`, "disk space", "process"]) {
      expect(subjects).toContain(subject);
    }
  });

  it("prints a line for every check, with the fix below it", async () => {
    const home = await createFolder(homeFiles(CONFIG));
    const { stdout } = await runMain(main, ["doctor", "--home", home]);
    expect(stdout).toMatch(/^ok {7}Node\.js: /m);
    expect(stdout).toMatch(/^warning .*agent-config\.yaml: others may read it/m);
    expect(stdout).toMatch(/^ {9}fix: chmod 600 /m);
    expect(stdout).toMatch(/\d+ faults?, \d+ warnings?\.\n$/);
  });
});
