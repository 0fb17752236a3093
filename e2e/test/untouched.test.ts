import { statSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { describe, expect } from "vitest";
import { Agent, BACKENDS } from "../support/agent.js";
import { eventually } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { eventuallyEqual } from "../support/equal.js";
import { itNeeds, program } from "../support/needs.js";
import { fillWithSamples } from "../support/sample-tree.js";

/** What opens, makes, changes or removes something by a path. */
const CALLS =
  "open,openat,openat2,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat," +
  "symlink,symlinkat,chmod,fchmodat,chown,lchown,fchownat,utime,utimes,utimensat,futimesat," +
  "truncate,mknod,mknodat,setxattr,lsetxattr,execve";

describe.each(BACKENDS)("under the watched folder, with %s,", (backend) => {
  itNeeds(program("strace"))("no file is opened and nothing is changed", async () => {
    const home = await makeFolder("home");
    const dir = await makeFolder("watched-tree");
    await fillWithSamples(dir);
    const fusion = await Fusion.start({ home: join(home, "fusion"), auditIntervalSec: 2 });
    const { endpoint, key } = fusion;
    const trace = join(home, "trace");
    // -D: the tracer is nobody's parent, so that the agent gets the signals that are meant for it.
    const tracer = ["strace", "-D", "-f", "-q", "-y", "-o", trace, "-e", `trace=${CALLS}`];
    const agent = await Agent.start({
      home: join(home, "agent"),
      dir,
      endpoint,
      key,
      backend,
      tracer,
    });
    await eventuallyEqual(dir, fusion.view, { withinMs: 60_000 });
    await appendFile(join(dir, "project-0/run-0/frames/frame-3.raw"), "more");
    await mkdir(join(dir, "made/later"), { recursive: true });
    await writeFile(join(dir, "made/later/file"), "new");
    await eventuallyEqual(dir, fusion.view, { withinMs: 60_000 });
    const { pid } = agent;
    await agent.stop();
    const traced = await eventually(
      async () => {
        const text = await readFile(trace, "utf8");
        // Short numbers are padded.
        return new RegExp(`^${String(pid)} +\\+\\+\\+`, "m").test(text) ? text : undefined;
      },
      { what: "the end of the trace" },
    );

    const calls = traced.split("\n").filter((line) => line.includes(dir) && !isSecondHalf(line));
    expect(calls.length).toBeGreaterThan(20); // else the tracer saw nothing
    expect(calls.filter((call) => !isLookAtFolder(call))).toEqual([]);
  });
});

/** A call that another thread interrupted is told in two lines; the first one says it all. */
function isSecondHalf(line: string): boolean {
  return line.includes(" resumed>");
}

/** True for the opening of a directory for reading. */
function isLookAtFolder(call: string): boolean {
  const [, path = "", flags = ""] =
    /open(?:at2?)?\((?:[^"]*, )?"(.*)", ([A-Z_|]+)/.exec(call) ?? [];
  if (!flags.startsWith("O_RDONLY") || /O_CREAT|O_TRUNC/.test(flags)) return false;
  return flags.includes("O_DIRECTORY") || (isAbsolute(path) && isFolder(unescape(path)));
}

function isFolder(path: Buffer): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The bytes of a path as strace writes it. */
function unescape(path: string): Buffer {
  const bytes = path.replace(/\\([0-7]{1,3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  return Buffer.from(bytes, "latin1");
}
