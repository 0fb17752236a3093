import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { listenFilled } from "../../../packages/client/test/world.js";
import { change, push } from "../../../packages/server/test/support.js";
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
