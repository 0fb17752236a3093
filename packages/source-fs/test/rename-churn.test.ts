import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { until } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { follow, HastyClock, makeFolder, openSource } from "./disk.js";

const CHANGES = 600;

describe.skipIf(process.platform !== "linux")("a tree in which everything is renamed", () => {
  // Far above what a walk or a look keeps a rename from being trusted, or as it comes.
  it.each([
    [1, 10_000],
    [310, 10_000],
    [3, 0],
  ])("is told as it is in the end: seed %i, %i ms after the walk", async (seed, pauseMs) => {
    await using folder = await makeFolder();
    await using outside = await makeFolder();
    const clock = new HastyClock();
    const params = { watch_backend: "inotify", exclude: ["*.skip"] };
    const source = await openSource(folder.path, params, "/nonexistent", clock);
    await using watched = await follow(folder.path, source);
    const isReported = (path: string) => !path.includes(".skip");
    await watched.agrees(isReported);
    clock.putForward(pauseMs);
    const churn = new Churn(folder.path, outside.path, seed);
    let done = 0;
    for (let i = 0; i < CHANGES; i += 1) {
      if (churn.changeOnce()) done += 1;
      // Now and then the source has a turn between two changes, sometimes a long one.
      if (churn.chance(3)) for (let n = churn.pick(40); n > 0; n -= 1) await nextTurn();
      if (!churn.chance(60)) continue;
      // Only at rest: an event must not seem older than it is.
      await watched.agrees(isReported);
      clock.putForward(pauseMs);
    }
    expect(done).toBeGreaterThan(CHANGES / 3);
    await watched.agrees(isReported);
    // Every directory is watched under the name that it has now.
    await until(() => watched.source.status?.()["dirtyDirectories"] === 0);
    for (const directory of churn.directories()) writeFileSync(`${directory}/later`, "later");
    await watched.agrees(isReported);
    const told = watched.model.messages.filter((m) => m.kind === "change" && m.moves !== undefined);
    expect(told.length).toBeGreaterThan(0);
  });
});

/** Changes that follow from a seed. */
class Churn {
  readonly #root: string;
  readonly #outside: string;
  #state: number;
  #made = 0;

  constructor(root: string, outside: string, seed: number) {
    this.#root = root;
    this.#outside = outside;
    this.#state = seed * 2_654_435_761;
  }

  /** Changes something. False when the system would not have it. */
  changeOnce(): boolean {
    try {
      this.#change(this.pick(20));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error) return false;
      throw error;
    }
  }

  pick(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  chance(oneIn: number): boolean {
    return this.pick(oneIn) === 0;
  }

  /** All directories that are reported, the root's included. */
  directories(at = this.#root): string[] {
    const below = readdirSync(at, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.endsWith(".skip"))
      .flatMap(({ name }) => this.directories(`${at}/${name}`));
    return [at, ...below];
  }

  #change(kind: number): void {
    this.#made += 1;
    if (kind < 4) mkdirSync(this.#free(), { recursive: true });
    else if (kind < 7) writeFileSync(this.#free(), String(this.#made));
    else if (kind === 7) truncateSync(this.#any(), this.#made % 9);
    else if (kind === 8) rmSync(this.#any(), { recursive: true });
    else if (kind < 15) renameSync(this.#any(), this.#free());
    else if (kind < 18) renameSync(this.#any(), this.#any());
    else if (kind === 18) renameSync(this.#any(), `${this.#outside}/${String(this.pick(4))}`);
    else renameSync(`${this.#outside}/${String(this.pick(4))}`, this.#free());
  }

  #free(): string {
    const skip = this.chance(15) ? ".skip" : "";
    return `${this.#directory()}/${String.fromCharCode(97 + this.pick(6))}${skip}`;
  }

  #any(): string {
    const directory = this.#directory();
    const names = readdirSync(directory);
    const name = names[this.pick(names.length)];
    if (name !== undefined) return `${directory}/${name}`;
    return directory === this.#root ? this.#free() : directory;
  }

  /** One that is there, not too deep. */
  #directory(): string {
    let at = this.#root;
    for (let depth = this.pick(5); depth > 0; depth -= 1) {
      const names = readdirSync(at).filter((name) => lstatSync(`${at}/${name}`).isDirectory());
      const name = names[this.pick(names.length)];
      if (name === undefined) break;
      at = `${at}/${name}`;
    }
    return at;
  }
}
