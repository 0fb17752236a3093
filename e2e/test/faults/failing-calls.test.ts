import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChangesPage, ScanJob } from "@fustor/protocol";
import { beforeAll, describe, expect } from "vitest";
import { Agent } from "../../support/agent.js";
import { atEndOfGroup } from "../../support/at-end.js";
import {
  compiler,
  startFailingCalls,
  type FailingCalls,
  type Failure,
} from "../../support/failing-calls.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { Picture } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { readView, type ViewAddress } from "../../support/view.js";

const it = itNeeds(compiler);

/** One agent that looks in one of the two ways, and what is seen of its tree. */
interface Side {
  readonly dir: string;
  readonly address: ViewAddress;
  readonly view: Picture;
  readonly agent: Agent;
  readonly calls: FailingCalls;
}

interface Coverage {
  readonly coverage: number;
  readonly gaps: readonly { readonly path: string; readonly reason: string }[];
}

type What = "file" | "directory";

/** Each happens in a folder of its own, to what stands there under the name `it`. */
interface Row {
  readonly call: Failure["call"];
  readonly what: What;
  readonly errno: Failure["errno"];
  readonly folder: string;
  readonly times?: number;
}

const CALLS: readonly (readonly [Failure["call"], What])[] = [
  ["stat", "file"],
  ["stat", "directory"],
  ["open", "directory"],
  ["read", "directory"],
];
const ERRNOS = ["EACCES", "EIO", "ESTALE"] as const;
const LASTING: readonly Row[] = ERRNOS.flatMap((errno) =>
  CALLS.map(([call, what]) => ({ call, what, errno, folder: `/${errno} ${call} ${what}` })),
);
/** Said once it may be a lie: a share says so of what another host has just moved. */
const FLEETING: readonly Row[] = CALLS.map(([call, what]) => ({
  call,
  what,
  errno: "ENOENT",
  folder: `/ENOENT ${call} ${what}`,
  times: 1,
}));

/** The looks of an agent fail while it walks, and while things happen where they fail. */
describe("nothing is taken for deleted", () => {
  const atEnd = atEndOfGroup();
  const sides = new Map<"linux" | "node", Side>();
  const cursors = new Map<Side, string>();

  beforeAll(async () => {
    if (!compiler.isThere) return;
    const home = await makeFolder("errors", { atEnd });
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      pipes: { linux: ["linux"], node: ["node"] },
      sentinelIntervalSec: 1,
      atEnd,
    });
    for (const looker of ["linux", "node"] as const) {
      const calls = await startFailingCalls(atEnd);
      const dir = join(home, `tree-${looker}`);
      for (const { folder, what } of [...LASTING, ...FLEETING]) await fill(dir + folder, what);
      const agent = await Agent.start({
        home: join(home, looker),
        dir,
        endpoint: fusion.endpoint,
        key: await fusion.createKey([`ingest:${looker}`]),
        env: { ...calls.env, ...(looker === "node" ? { NO_STATX: "1" } : {}) },
        atEnd,
      });
      const address = { ...fusion.view, view: looker };
      sides.set(looker, { dir, address, view: new Picture(address, dir), agent, calls });
    }
    await both(async (side) => {
      const { dir, view, calls } = side;
      await view.untilEqual();
      cursors.set(side, await cursorOf(view));
      calls.fail(...[...LASTING, ...FLEETING].map((row) => failureIn(dir, row)));
      await lookEverywhere(view);
      for (const row of LASTING) await makeNoise(dir + row.folder, row.what);
    });
  });

  it.each(LASTING)("and the cause is told: $errno from $call of a $what", async (row) => {
    await both(async (side) => {
      const { view } = side;
      await view.until("the cause in the coverage", async () => {
        const { gaps } = await view.ask<Coverage>("coverage?path=/");
        return gaps.some(
          ({ path, reason }) => path.startsWith(row.folder) && reason.includes(row.errno),
        );
      });
      await keepsAll(side, row);
    });
  });

  it.each(FLEETING)("by one $errno from $call of a $what", async (row) => {
    await both((side) => keepsAll(side, row));
  });

  it("and the agent's status counts what it cannot read", async () => {
    await both(async ({ agent }) => {
      await agent.eventuallyReports(
        ({ source }) => Number(source?.["unreadable"]) > 0,
        "in trouble",
      );
    });
  });

  it("and all of it is looked at again once it can be", async () => {
    await both(async (side) => {
      side.calls.fail();
      await heals(side.view);
      expect(await deletedSince(side.view, cursors.get(side) ?? "")).toEqual([]);
    });
  });

  it.each([
    ["EACCES", "permission denied"],
    ["EIO", "input/output error"],
    ["ESTALE", "is stale"],
  ] as const)("and the agent's problem says so: %s from stat of the root", async (errno, words) => {
    await both(async ({ dir, view, agent, calls }) => {
      const from = await cursorOf(view);
      calls.fail({ call: "stat", errno, path: dir });
      await writeFile(join(dir, "noise"), errno);
      await agent.eventuallyReports(
        ({ problem }) => problem?.message.includes(words) === true,
        "in trouble",
      );
      calls.fail();
      await heals(view);
      expect(await deletedSince(view, from)).toEqual([]);
    });
  });

  /** All that stands in the folder of a row, without having been gone for a moment. */
  async function keepsAll(side: Side, { folder, what }: Row): Promise<void> {
    const { address, view } = side;
    const deleted = await deletedSince(view, cursors.get(side) ?? "");
    expect(deleted.filter((path) => path.startsWith(folder))).toEqual([]);
    const shown = await readView(address);
    for (const path of what === "file" ? ["it"] : ["it", "it/leaf", "it/below/leaf"]) {
      expect(shown.has(`${folder}/${path}`), path).toBe(true);
    }
  }

  async function both(test: (side: Side) => Promise<void>): Promise<void> {
    await Promise.all([...sides.values()].map(test));
  }
});

async function fill(folder: string, what: What): Promise<void> {
  const at = join(folder, "it");
  await mkdir(what === "file" ? folder : join(at, "below"), { recursive: true });
  for (const path of what === "file" ? [at] : [join(at, "leaf"), join(at, "below/leaf")]) {
    await writeFile(path, "there");
  }
}

function failureIn(dir: string, { call, errno, folder, times }: Row): Failure {
  const path = join(dir, folder, "it");
  return { call, errno, path, ...(times === undefined ? {} : { times }) };
}

/** Something happens to what cannot be looked at, beside it and in it. */
async function makeNoise(folder: string, what: What): Promise<void> {
  const at = join(folder, "it");
  const paths = what === "file" ? [at] : [join(at, "leaf"), join(at, "new"), join(at, "below/new")];
  for (const path of [...paths, join(folder, "beside")]) await writeFile(path, "noise");
}

/** A walk over everything, whatever becomes of it. */
async function lookEverywhere(view: Picture): Promise<void> {
  const { id } = await view.send<ScanJob>("POST", "scans", { path: "/", recursive: true });
  await view.until("the scan to have been tried", async () => {
    const { state, progress } = await view.ask<ScanJob>(`scans/${id}`);
    if (state === "done" || state === "failed" || progress.directories > 0) return true;
    const { gaps } = await view.ask<Coverage>("coverage?path=/");
    return gaps.length > 0;
  });
}

async function heals(view: Picture): Promise<void> {
  await view.untilEqual();
  await view.until("nothing to be in doubt", async () => {
    const { coverage, gaps } = await view.ask<Coverage>("coverage?path=/");
    return coverage === 1 && gaps.length === 0;
  });
}

async function cursorOf(view: Picture): Promise<string> {
  return (await view.ask<ChangesPage>("changes")).cursor;
}

/** What the view took for deleted, even if it was there again a moment later. */
async function deletedSince(view: Picture, cursor: string): Promise<readonly string[]> {
  const { events, reset } = await view.ask<ChangesPage>(
    `changes?since=${encodeURIComponent(cursor)}`,
  );
  expect(reset).toBeFalsy();
  return events.filter(({ kind }) => kind === "deleted").map(({ path }) => path);
}
