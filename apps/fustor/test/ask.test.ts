import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { listenFilled } from "../../../packages/client/test/world.js";
import { change, openingV2, push } from "../../../packages/server/test/support.js";
import { OLD } from "../../../packages/server/test/filled.js";
import { createFolder } from "./folder.js";
import { runFustor } from "./ask.js";

const TREE = {
  "/": { "a/": {}, "b.log": { size: 7 }, "\udcff.log": { size: 9 }, "empty/": {} },
  "/a": { "x.log": { size: 1_500, blocks: 16 }, "line\nend": { size: 0, blocks: 0 } },
  "/empty": {},
};

async function start() {
  const listening = await listenFilled(TREE);
  const { endpoint, key } = listening;
  const home = await createFolder();
  const connection = { endpoint, query_key: key, view: "default" };
  await writeFile(join(home, "connection.json"), JSON.stringify(connection));
  const ask = (...[command = "", ...args]: string[]) =>
    runFustor([command, "--home", home, ...args]);
  return { ...listening, home, ask };
}

function lines(text: string, end = "\n"): string[] {
  expect(text === "" || text.endsWith(end)).toBe(true);
  return text.split(end).slice(0, -1).sort();
}

describe("fustor find", () => {
  it("prints names in their bytes, below what was given", async () => {
    const { ask } = await start();
    const all = await ask("find", "-print0");
    expect(lines(all.stdout, "\0")).toEqual(
      ["/", "/a", "/a/line\nend", "/a/x.log", "/b.log", "/empty", "/\xff.log"].sort(),
    );
    expect(lines((await ask("find", "a/", "-type", "f", "-size", "+1")).stdout)).toEqual([
      "a/x.log",
    ]);
    expect(lines((await ask("find", ".", "-maxdepth", "1", "-name", "*.log")).stdout)).toEqual([
      "./b.log",
      "./\xff.log",
    ]);
  });

  it("knows what is empty, also at the depth where it stops", async () => {
    const { ask } = await start();
    expect(lines((await ask("find", "-0", "/", "-empty")).stdout, "\0")).toEqual([
      "/a/line\nend",
      "/empty",
    ]);
    expect(lines((await ask("find", "/", "-maxdepth", "1", "-empty")).stdout)).toEqual(["/empty"]);
    expect(lines((await ask("find", "/a", "-maxdepth", "0", "-empty")).stdout)).toEqual([]);
  });

  it("prints by a format", async () => {
    const { ask } = await start();
    const format = "%p|%P|%f|%d|%y|%s|%m|%U|%G|%n|%b|%k|%T@\\t\\101\\n";
    const { stdout } = await ask("find", "/a", "-name", "x*", "-printf", format);
    const mtime = `${String(OLD)}.0000005000`;
    expect(stdout).toBe(`/a/x.log|x.log|x.log|1|f|1500|644|0|0|1|16|8|${mtime}\tA\n`);
  });

  it("goes on after a path that is not there, and ends with 1", async () => {
    const { ask } = await start();
    const { code, stdout, stderr } = await ask("find", "/none", "/empty");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "/empty\n" });
    expect(stderr).toBe('There is no "/none" in the view "default".\n');
  });

  it("ends with 2 for what it does not understand", async () => {
    const { ask } = await start();
    for (const args of [["-exec", "x"], ["/../x"], ["/", "-size", "x"]]) {
      const { code, stderr } = await ask("find", ...args);
      expect(code).toBe(2);
      expect(stderr).not.toContain("bug");
    }
  });
});

describe("the other commands that ask", () => {
  it("list, search, draw and count", async () => {
    const { ask } = await start();
    expect(lines((await ask("ls", "/a")).stdout)).toEqual(["end", "line", "x.log"]);
    expect((await ask("ls", "-l", "/b.log")).stdout).toMatch(/^-rw-r--r-- .* 7 .* b\.log\n$/);
    expect(lines((await ask("search", "X.LO")).stdout)).toEqual(["/a/x.log"]);
    const drawing = Buffer.from((await ask("tree", "/a")).stdout, "latin1").toString();
    expect(drawing).toBe("/a\n├── line\nend\n└── x.log\n");
    expect((await ask("du", "/")).stdout).toContain("12\t/a\n");
    expect((await ask("du", "-sh", "a")).stdout).toBe("12K\ta\n");
    expect((await ask("du", "-b", "-s", "/a")).stdout).toBe("1500\t/a\n");
  });

  it("tell of one path what is known, and why", async () => {
    const { ask } = await start();
    expect((await ask("stat", "/b.log")).stdout).toContain("7 bytes in 8 blocks");
    expect((await ask("explain", "/none")).stdout).toMatch(/shown +no\n/);
    const { stdout } = await ask("explain", "--json", "/none");
    expect(JSON.parse(stdout)).toMatchObject({ path: "/none", present: false });
    expect((await ask("status")).stdout).toMatch(/default +ready +4 +3/);
  });

  it("print JSON, one value a line where there are many", async () => {
    const { ask } = await start();
    for (const args of [["ls"], ["find"], ["search", "log"]]) {
      const [command = "", ...rest] = args;
      const rows = lines((await ask(command, "--json", ...rest)).stdout);
      expect(rows.length).toBeGreaterThan(1);
      for (const row of rows) expect(JSON.parse(row)).toHaveProperty("path");
    }
    for (const command of ["du", "tree", "status"]) {
      expect(JSON.parse((await ask(command, "--json")).stdout)).toBeTypeOf("object");
    }
  });

  it("tell what happens until they are told to stop", async () => {
    const { client, world, session, home } = await start();
    const { cursor } = await client.changes();
    await push(world, session, "realtime", 1, [change("/a/new", world.clock.now())]);
    const { code, stdout } = await runFustor(
      ["watch", "--home", home, "--since", cursor],
      (all) => {
        if (all.includes("/a/new")) process.emit("SIGTERM", "SIGTERM");
      },
    );
    expect(stdout).toBe("created  /a/new\n");
    expect(code).toBe(0);
  });
});

describe("finding Fusion", () => {
  it("takes options before variables, and these before what the pair wrote", async () => {
    const { endpoint, key } = await start();
    const home = await createFolder();
    const nowhere = "http://127.0.0.1:1";
    await writeFile(join(home, "connection.json"), JSON.stringify({ endpoint: nowhere }));
    process.env["FUSTOR_KEY"] = "wrong";
    onTestFinished(() => {
      delete process.env["FUSTOR_KEY"];
      delete process.env["FUSTOR_ENDPOINT"];
    });
    expect((await runFustor(["ls", "--home", home])).code).toBe(3);
    process.env["FUSTOR_ENDPOINT"] = endpoint;
    const refused = await runFustor(["ls", "--home", home]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("does not know this key");
    expect((await runFustor(["ls", "--home", home, "--key", key])).code).toBe(0);
  });

  it("says what to do when there is no pair, no key, or no such view", async () => {
    const { home, endpoint, world } = await start();
    const empty = await createFolder();
    const none = await runFustor(["ls", "--home", empty]);
    expect(none.code).toBe(3);
    expect(none.stderr).toContain("fustor up DIR");
    const keyless = await runFustor(["ls", "--home", empty, "--endpoint", endpoint]);
    expect(keyless.code).toBe(2);
    const args = ["ls", "--home", home, "--view", "other", "--key", world.admin];
    expect((await runFustor(args)).stderr).toContain("The views are: default.");
  });

  it("never sends the pair's key to another address", async () => {
    const { home } = await start();
    const other = await runFustor(["ls", "--home", home, "--endpoint", "http://127.0.0.1:1"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("There is no key for http://127.0.0.1:1");
  });
});

describe("fustor verify", () => {
  it("tells equal, missing, extra and differing names apart, and ends with 1", async () => {
    const { ask } = await start();
    const dir = await createFolder();
    await mkdir(join(dir, "a"));
    await writeFile(join(dir, "a", "x.log"), "other");
    await writeFile(join(dir, "new"), "");
    const { code, stdout } = await ask("verify", "--json", "--lag", "0", "--first", "20", dir);
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as { first: { kind: string; path: string }[] };
    const told = report.first.map(({ kind, path }) => `${kind} ${path}`);
    expect(told.filter((line) => line !== "differing /" && line !== "differing /a")).toEqual([
      "extra /a/line\nend",
      "differing /a/x.log",
      "extra /b.log",
      "extra /empty",
      "missing /new",
      "extra /\udcff.log",
    ]);
    expect(report).toMatchObject({ at: "/", missing: 1, extra: 4, changing: 0 });
  });

  it("holds a folder against a part of the view, and says in words what differs", async () => {
    const { ask } = await start();
    const dir = await createFolder();
    const { code, stdout } = await ask("verify", "--at", "/empty", "--lag", "0", dir);
    expect(code).toBe(1);
    expect(stdout).toContain("/empty in the view default");
    expect(stdout).toMatch(/^missing +0$/m);
    expect(stdout).toMatch(/differing +\/empty +.*mtime_ns: \d+, view 1799900000000000500/);
  });

  it("takes no folder that is none", async () => {
    const { ask } = await start();
    for (const dir of ["/nowhere/at/all", ""]) {
      const { code, stderr } = await ask("verify", dir);
      expect(code).toBe(2);
      expect(stderr).toContain("Cannot verify");
    }
  });
});

describe("fustor top", () => {
  it("looks once and tells what the view holds", async () => {
    const { ask } = await start();
    const { code, stdout } = await ask("top", "--once", "--json", "--interval", "0.1");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      view: { id: "default", files: 4 },
      rates: { events: 0 },
      hottest: [],
      growth: [],
    });
    const text = await ask("top", "--once", "--interval", "0.1");
    expect(text.stdout).toMatch(/^default at http.*: 4 files in 3 folders/m);
    expect((await ask("top", "--interval", "x")).code).toBe(2);
  });
});

describe("fustor completion", () => {
  it("knows the commands of all programs", async () => {
    const { stdout } = await runFustor(["completion", "bash"]);
    expect(stdout).toContain("'fustor find'");
    expect(stdout).toContain("'fustor agent pipe rescan'");
    expect(stdout).toContain("'fustor fusion keys create') words='--home");
  });
});

describe("fustor roots", () => {
  const strange = {
    root: { identity: "nfs:9" },
    landmarks: [
      ["/x", "f", 1],
      ["/y", "f", 1],
    ],
  };

  it("names who is refused, why, and what to do", async () => {
    const { ask, world } = await start();
    expect((await ask("roots")).stdout).toMatch(/^agent-a +default +taken +ext4:1:2 +\/data$/m);
    await world.call("POST", "/api/v1/pipe/session/", openingV2("agent-b", "boot-1", strange));
    const { stdout } = await ask("roots");
    expect(stdout).toMatch(/^agent-b +default +refused +nfs:9/m);
    expect(stdout).toMatch(/a folder of which the view knows 0 of 2 names/);
    expect(stdout).toMatch(/fustor roots accept agent-b --view default$/m);
    expect((await ask("status")).stdout).toMatch(
      /agent-b is new.*See fustor roots --view default\.$/m,
    );
  });

  it("accepts with a key for that, which the home of a pair has", async () => {
    const { ask, world, home } = await start();
    const body = openingV2("agent-b", "boot-1", strange);
    await world.call("POST", "/api/v1/pipe/session/", body);
    const without = await ask("roots", "accept", "agent-b");
    expect(without).toMatchObject({ code: 2, stdout: "" });
    expect(without.stderr).toMatch(/keys create --scope admin/);
    await mkdir(join(home, "up"));
    await writeFile(join(home, "up/admin-key"), `${world.admin}\n`);
    const accepted = await ask("roots", "accept", "agent-b");
    expect(accepted.stdout).toMatch(/^nfs:9 is the root of the agent agent-b in the pipe default/);
    expect((await world.call("POST", "/api/v1/pipe/session/", body)).status).toBe(200);
    const none = await ask("roots", "accept", "agent-z");
    expect(none.stderr).toMatch(/^No agent "agent-z" was refused lately/);
  });
});
