import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { eventually } from "../../support/eventually.js";
import { startHosts, TIMEOUT_SEC, type Host, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { fillWithSamples } from "../../support/sample-tree.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts);

describe("two agents of one pipe", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill: fillWithSamples });
  });

  it("A1: the first one leads, and nobody else", async () => {
    const { view, a } = world;
    expect(await view.leaders()).toEqual(["a"]);
    await nextWalk(a);
    expect(await view.leaders()).toEqual(["a"]);
  });

  it("A2: the follower tells what happens, and nothing else", async () => {
    const { view, a, b } = world;
    await writeFile(join(b.dir, "through B"), "x");
    await view.untilThere("/through B");
    await nextWalk(a);
    const sources = new Set(b.wire.heard.map(({ message }) => message.source));
    for (const source of ["snapshot", "audit", "sentinel"]) expect(sources).not.toContain(source);
    expect(b.wire.heard.some(({ message }) => message.source === "realtime")).toBe(true);
    expect(a.wire.heard.some(({ message }) => message.source === "audit")).toBe(true);
  });

  it("HB1: an agent that stood still is refused in its old session, and misses nothing", async () => {
    const { view, a, b } = world;
    const before = await sessionOf(world, a);
    a.agent.pause();
    await writeFile(join(a.dir, "while A stood still"), "x");
    await view.until("B to lead", async () => (await view.leaders()).join() === "b");
    a.agent.resume();
    await view.until("another session of A", async () => {
      const now = await sessionOf(world, a);
      return now !== undefined && now !== before;
    });
    expect(await view.leaders()).toEqual(["b"]);
    // What A saw meanwhile is told by its events, before any audit of B.
    await view.untilThere("/while A stood still");
    await view.untilEqual();
    await nextWalk(b);
    expect(await view.leaders()).toEqual(["b"]);
  });

  it("A3b: an agent whose session was ended opens another one, and misses nothing", async () => {
    const { view, b, fusion } = world;
    const before = await sessionOf(world, b);
    const response = await fetch(`${fusion.endpoint}/api/v2/pipe/session/${String(before)}`, {
      method: "DELETE",
      headers: { "x-api-key": fusion.key },
    });
    expect(response.status).toBe(200);
    await writeFile(join(b.dir, "without a session"), "x");
    const asked = performance.now();
    await view.until("another session of B", async () => {
      const now = await sessionOf(world, b);
      return now !== undefined && now !== before;
    });
    // At the next heartbeat or batch, not after a time-out and a wait.
    expect(performance.now() - asked).toBeLessThan(TIMEOUT_SEC * 1000);
    await view.untilThere("/without a session");
  });

  it("E1 E2: when the leader is killed the other leads, and it follows when it returns", async () => {
    const { view, a, b, fusion } = world;
    const leader = (await view.leaders())[0] === "a" ? a : b;
    const other = leader === a ? b : a;
    const { total_files: files = 0 } = await view.stats();
    const problems: string[] = [];
    let isOver = false;
    const watching = eventually(
      async () => {
        try {
          const { total_files: now = 0 } = await view.stats();
          if (now < files) problems.push(`${String(now)} files of ${String(files)}`);
        } catch (error) {
          problems.push(String(error));
        }
        return isOver || undefined;
      },
      { what: "the end of the test", withinMs: 100_000 },
    );

    const from = other.wire.heard.length;
    const snapshot = nextWalk(other, "snapshot");
    await leader.agent.kill();
    const killed = performance.now();
    await view.until("the other to lead", async () => {
      return (await view.leaders()).join() === other.name;
    });
    const tookSec = (performance.now() - killed) / 1000;
    process.stderr.write(`  the follower led ${tookSec.toFixed(1)} s after the kill\n`);
    expect(tookSec).toBeLessThan(TIMEOUT_SEC + 2);
    await snapshot;
    const told = other.wire.heard.slice(from).map(({ message }) => message);
    const kinds = told.filter(({ source }) => source === "snapshot").map(({ kind }) => kind);
    const digests = kinds.filter((kind) => kind === "digest").length;
    expect(digests).toBeGreaterThan(kinds.filter((kind) => kind === "listing").length);
    await writeFile(join(other.dir, "after the kill"), "x");
    await view.untilThere("/after the kill");
    await nextWalk(other);

    leader.agent.start();
    await view.until("the first one to follow", async () => {
      const sessions = await view.sessions();
      return sessions.some(({ agent_id, role }) => agent_id === leader.name && role === "follower");
    });
    expect(await view.leaders()).toEqual([other.name]);
    await view.untilEqual();
    isOver = true;
    await watching;
    expect(problems).toEqual([]);
    expect(fusion.output()).not.toMatch(/"level":"(error|fatal)"/);
  });
});

async function sessionOf({ view }: Hosts, { name }: Host): Promise<string | undefined> {
  const sessions = await view.sessions();
  return sessions.find(({ agent_id }) => agent_id === name)?.session_id;
}
