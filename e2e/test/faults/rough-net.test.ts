import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChangesPage } from "@fustor/protocol";
import { Chance } from "@fustor/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { Agent } from "../../support/agent.js";
import { atEndOfGroup } from "../../support/at-end.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { Picture } from "../../support/hosts.js";
import { RandomChanges } from "../../support/random-changes.js";
import { RoughNet, type Weather } from "../../support/rough-net.js";

type Strike = keyof RoughNet["counts"];

/** What the network does, and what of it is to be seen to have happened. */
const WEATHERS: readonly (readonly [what: string, weather: Weather, strikes: readonly Strike[]])[] =
  [
    ["delays everything, so that requests overtake each other", { delayMs: 400 }, []],
    ["loses requests", { losesRequests: 0.4 }, ["lostRequests"]],
    ["loses answers, so that what was taken comes again", { losesAnswers: 0.4 }, ["lostAnswers"]],
    ["brings every request twice at once", { duplicates: 1 }, ["duplicates"]],
    ["brings old requests again, behind newer ones", { replays: 1 }, ["replays"]],
    [
      "does all of that",
      { delayMs: 100, losesRequests: 0.2, losesAnswers: 0.2, duplicates: 0.3, replays: 0.3 },
      ["lostRequests", "lostAnswers", "duplicates", "replays"],
    ],
  ];
const INTERRUPTIONS: readonly (readonly [what: string, weather: Weather, strike: Strike])[] = [
  ["was cut", { isCut: true }, "cut"],
  ["was half open: all was taken, and nothing answered", { isSilent: true }, "silent"],
];
const FILES = 40;
/** A session may have to end first, and the pauses before a new one and its walk are at their longest. */
const LOST_MS = 100_000;

describe("the view becomes the disk, and nothing happens twice in it, over a network that", () => {
  const atEnd = atEndOfGroup();
  let dir: string;
  let view: Picture;
  let net: RoughNet;
  let agent: Agent;
  let changes: RandomChanges;
  let folders = 0;

  beforeAll(async () => {
    const home = await makeFolder("net", { atEnd });
    dir = join(home, "tree");
    await mkdir(join(dir, "work"), { recursive: true });
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      sessionTimeoutSec: 6,
      sentinelIntervalSec: 1,
      atEnd,
    });
    net = await RoughNet.start(fusion.endpoint, new Chance(1), atEnd);
    agent = await Agent.start({
      home: join(home, "agent"),
      dir,
      endpoint: net.endpoint,
      key: fusion.key,
      senderParams: { request_timeout_sec: 2 },
      atEnd,
    });
    changes = new RandomChanges(join(dir, "work"), new Chance(2));
    atEnd(() => changes.pause());
    view = new Picture(fusion.view, dir);
    await view.untilEqual();
  });

  it.each(WEATHERS)("%s", async (_what, weather, strikes) => {
    const before = { ...net.counts };
    const made = await sinceNow(view, async () => {
      net.become(weather);
      await work(() => strikes.every((strike) => net.counts[strike] > before[strike]));
      // In this very weather: it need not get better.
      await view.untilEqual();
    });
    net.become({});
    expect(made.size).toBe(FILES);
    expect([...made.values()].filter((times) => times !== 1)).toEqual([]);
    expect(await view.sessions()).toHaveLength(1);
  });

  it.each(INTERRUPTIONS)("%s", async (_what, weather, strike) => {
    const before = net.counts[strike];
    const made = await sinceNow(view, async () => {
      net.become(weather);
      await work(() => net.counts[strike] > before);
      net.become({});
      await view.untilEqual("/", LOST_MS);
    });
    expect(made.size).toBe(FILES);
    expect([...made.values()].filter((times) => times !== 1)).toEqual([]);
    await agent.eventuallyReports(({ state }) => state === "running", "running");
  });

  /** Files are made in a folder of their own, beside somebody who does everything else. */
  async function work(isEnough: () => boolean): Promise<void> {
    folders += 1;
    const folder = join(dir, `made-${String(folders)}`);
    await mkdir(folder);
    changes.start();
    for (let file = 0; file < FILES; file += 1) {
      await writeFile(join(folder, `f${String(file)}`), "");
    }
    await view.until("the network to do so", isEnough);
    await changes.pause();
  }
});

/** How often each file was made in the view while `work` went on, as the change feed tells it. */
async function sinceNow(
  view: Picture,
  work: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  let { cursor } = await view.ask<ChangesPage>("changes");
  await work();
  const made = new Map<string, number>();
  for (let more = true; more;) {
    const page = await view.ask<ChangesPage>(`changes?since=${encodeURIComponent(cursor)}`);
    expect(page.reset).toBeFalsy();
    for (const { kind, path } of page.events) {
      const isMade = kind === "created" && /^\/made-\d+\/./.test(path);
      if (isMade) made.set(path, (made.get(path) ?? 0) + 1);
    }
    ({ cursor, more } = page);
  }
  return made;
}
