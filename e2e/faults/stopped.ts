import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChangesPage } from "@fustor/protocol";
import { Agent } from "../support/agent.js";
import type { AtEnd } from "../support/at-end.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { Picture } from "../support/hosts.js";
import { fillWithSamples } from "../support/sample-tree.js";

export interface StoppedOptions {
  /** How long each of them stands still. */
  readonly seconds: number;
  /** How long a session lives without a sign of life. */
  readonly sessionTimeoutSec: number;
  readonly atEnd: AtEnd;
}

/** What became of two agents and a Fusion that stood still one after the other. */
export interface StoppedReport {
  readonly stops: readonly Stop[];
  /** Names that nobody removed, and that the view lost for a moment at least. */
  readonly falseDeletions: readonly string[];
}

export interface Stop {
  readonly who: string;
  /** From the moment in which it went on until the view was the disk. */
  readonly equalAfterMs: number;
  /** The agents that led when the view was the disk. */
  readonly leaders: readonly string[];
  /** Sessions that outlived it. */
  readonly sessionsKept: number;
}

const WITHIN_MS = 120_000;

/**
 * Stops the leader, Fusion, and both agents with SIGSTOP while a tree changes. Rejects when the view
 * does not become the disk after each of them.
 */
export async function stopped(options: StoppedOptions): Promise<StoppedReport> {
  const { seconds, sessionTimeoutSec, atEnd } = options;
  const home = await makeFolder("stopped", { atEnd });
  const dir = join(home, "tree");
  await mkdir(dir);
  await fillWithSamples(dir);
  const fusion = await Fusion.start({ home: join(home, "fusion"), sessionTimeoutSec, atEnd });
  const { endpoint, key } = fusion;
  const view = new Picture(fusion.view, dir);
  const agents: Agent[] = [];
  for (const agentId of ["a", "b"]) {
    agents.push(
      await Agent.start({ home: join(home, agentId), agentId, dir, endpoint, key, atEnd }),
    );
    await view.until(`${agentId} to watch`, async () =>
      (await view.sessions()).some((each) => each.agent_id === agentId && each.can_realtime),
    );
  }
  await view.untilEqual();

  const { cursor } = await view.ask<ChangesPage>("changes");
  const tree = new SmallWork(dir);
  const stops: Stop[] = [];
  for (const [who, processes] of [
    ["the leader", agents.slice(0, 1)],
    ["Fusion", [fusion]],
    ["both agents", agents],
  ] as const) {
    const before = (await view.sessions()).map(({ session_id }) => session_id);
    for (const process of processes) process.pause();
    await tree.change();
    await sleep((seconds * 1_000) / 2);
    await tree.change();
    await sleep((seconds * 1_000) / 2);
    for (const process of processes) process.resume();
    const resumedAt = performance.now();
    await view.untilEqual("/", WITHIN_MS);
    const equalAfterMs = Math.round(performance.now() - resumedAt);
    await view.until("both agents to be back, and one to lead", async () => {
      const sessions = await view.sessions();
      return sessions.length === 2 && sessions.some(({ role }) => role === "leader");
    });
    const after = (await view.sessions()).map(({ session_id }) => session_id);
    const sessionsKept = after.filter((id) => before.includes(id)).length;
    stops.push({ who, equalAfterMs, leaders: await view.leaders(), sessionsKept });
  }
  const deleted = await deletionsSince(view, cursor);
  return { stops, falseDeletions: deleted.filter((path) => !tree.removed.has(path)) };
}

/** Makes, changes, renames and removes files and folders of its own, and remembers what went. */
class SmallWork {
  readonly #dir: string;
  readonly removed = new Set<string>();
  #round = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async change(): Promise<void> {
    this.#round += 1;
    const at = (name: string): string => join(this.#dir, `round-${String(this.#round)}-${name}`);
    const gone = (name: string): Set<string> =>
      this.removed.add(`/round-${String(this.#round)}-${name}`);
    await mkdir(join(at("folder"), "below"), { recursive: true });
    await writeFile(join(at("folder"), "below", "file"), "x");
    await writeFile(at("file"), "x");
    await writeFile(at("short-lived"), "x");
    gone("short-lived");
    await rm(at("short-lived"));
    for (const name of ["folder", "folder/below", "folder/below/file", "file"]) gone(name);
    await rename(at("folder"), at("moved"));
    await rename(at("file"), at("other"));
    await writeFile(join(this.#dir, "project-0/run-0/frames/frame-1.raw"), at(""));
  }
}

async function deletionsSince(view: Picture, since: string): Promise<string[]> {
  const deleted: string[] = [];
  let cursor = since;
  for (let more = true; more;) {
    const page = await view.ask<ChangesPage>(`changes?since=${encodeURIComponent(cursor)}`);
    if (page.reset !== undefined) throw new Error(`the feed was reset: ${JSON.stringify(page)}`);
    for (const { kind, path } of page.events) if (kind === "deleted") deleted.push(path);
    ({ cursor, more } = page);
  }
  return deleted;
}
