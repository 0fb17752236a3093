import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { falseClocks, startFalseClock, type FalseClock } from "../../support/false-clock.js";
import { startHosts, type Host, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts, falseClocks);
const OLD = 1_500_000_000;
const HOUR = 3_600;

describe("H: with the clock of A an hour ahead and that of B an hour behind", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;
  let ahead: FalseClock;
  let behind: FalseClock;

  beforeAll(async () => {
    ahead = await startFalseClock(HOUR, atEnd);
    behind = await startFalseClock(-HOUR, atEnd);
    world = await startHosts({
      atEnd,
      fill,
      hosts: [
        { name: "a", env: ahead.env },
        { name: "b", env: behind.env },
      ],
    });
  });

  it("their agents go by these clocks", () => {
    const { a, b } = world;
    expect(hoursAhead(a)).toBe(1);
    expect(hoursAhead(b)).toBe(-1);
  });

  it("what either does is seen, what is deleted stays gone, what is fresh is suspect", async () => {
    await Promise.all([workIn(world, "off"), expectSuspects(world, "off")]);
    expect(await world.view.leaders()).toEqual(["a"]);
  });

  it("and nothing is lost when they step by ten minutes", async () => {
    ahead.set(HOUR + 600);
    behind.set(-HOUR - 600);
    await Promise.all([workIn(world, "stepped"), expectSuspects(world, "stepped")]);
    ahead.set(HOUR);
    behind.set(-HOUR);
    await Promise.all([workIn(world, "stepped back"), expectSuspects(world, "stepped back")]);
  });

  it("and the one that is behind leads as well", async () => {
    const { a, b, view } = world;
    await a.agent.kill();
    await view.until("B to lead", async () => (await view.leaders()).join() === "b");
    a.agent.start();
    await view.until("A to follow", async () => (await view.sessions()).length === 2);
    await Promise.all([workIn(world, "behind leads"), expectSuspects(world, "behind leads")]);
    await nextWalk(b);
    await view.untilEqual();
  });
});

function hoursAhead({ wire }: Host): number {
  return Math.round((Number(wire.opening?.client_info?.["clock"]) - Date.now()) / 1000 / HOUR);
}

/** Each host makes a file, changes one of the other, and deletes one. */
async function workIn({ a, b, view }: Hosts, name: string): Promise<void> {
  const each = [
    [a, b],
    [b, a],
  ] as const;
  for (const [one] of each) await writeFile(join(one.dir, `${name} by ${one.name}`), "made");
  for (const [one] of each) await view.untilThere(`/${name} by ${one.name}`);
  for (const [one, other] of each) {
    await writeFile(join(one.dir, `${name} by ${other.name}`), "changed by another");
    await rm(join(one.dir, `${name}-${one.name}`));
  }
  for (const [one] of each) await view.untilGone(`/${name}-${one.name}`);
  const leader = await leaderOf({ a, b, view });
  const back: string[] = [];
  let isOver = false;
  const audit = nextWalk(leader).finally(() => (isOver = true));
  await view.until("an audit", async () => {
    for (const [one] of each) {
      if (await view.has(`/${name}-${one.name}`)) back.push(one.name);
    }
    return isOver;
  });
  await audit;
  expect(back).toEqual([]);
  await view.untilEqual();
}

async function expectSuspects({ c, view }: Hosts, name: string): Promise<void> {
  const path = `/fresh, ${name}`;
  await writeFile(join(c, path), "by C");
  await view.until("it to be suspect", () => view.isSuspect(path));
  await view.until("it to be at rest", async () => !(await view.isSuspect(path)));
  expect(await view.isSuspect("/old")).toBe(false);
}

async function leaderOf({ a, b, view }: Pick<Hosts, "a" | "b" | "view">): Promise<Host> {
  return (await view.leaders())[0] === "a" ? a : b;
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  const files = ["off", "stepped", "stepped back", "behind leads"].flatMap((name) => {
    return [`${name}-a`, `${name}-b`];
  });
  for (const file of ["old", ...files]) {
    await writeFile(join(disk, file), "old");
    await utimes(join(disk, file), OLD, OLD);
  }
}
