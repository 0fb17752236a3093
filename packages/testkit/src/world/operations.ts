import type { Chance } from "./chance.js";
import { Deeds } from "./deeds.js";
import type { Disk } from "./disk.js";
import type { Host } from "./host.js";
import type { Timeline } from "./timeline.js";

/** What users and programs do to the tree through one host; the nasty things above all. */
export class Operations {
  readonly #chance: Chance;
  readonly #deeds: Deeds;

  constructor(disk: Disk, timeline: Timeline, host: Host, chance: Chance) {
    this.#chance = chance;
    this.#deeds = new Deeds(disk, timeline, host, chance);
  }

  /** Does one thing, and returns what it was called. */
  run(): string {
    const [, name, act] = this.#pick();
    act();
    return name;
  }

  #pick(): readonly [weight: number, name: string, act: () => void] {
    const table = this.#table();
    let left = this.#chance.next() * table.reduce((sum, [weight]) => sum + weight, 0);
    for (const row of table) {
      left -= row[0];
      if (left < 0) return row;
    }
    return [0, "nothing", () => undefined];
  }

  #table(): readonly (readonly [number, string, () => void])[] {
    const deeds = this.#deeds;
    const file = (): string => deeds.any((inode) => inode.type === "f");
    const directory = (): string => deeds.any((inode) => inode.type === "d");
    return [
      [20, "create", () => deeds.create(deeds.free(), "f")],
      [12, "mkdir", () => deeds.create(deeds.free(), "d")],
      [2, "symlink", () => deeds.create(deeds.free(), "l")],
      [
        2,
        "unpack",
        () => {
          deeds.setTime(deeds.create(deeds.free(), "f"));
        },
      ],
      [
        10,
        "write",
        () => {
          deeds.write(file(), 1 + this.#chance.below(500));
        },
      ],
      [
        2,
        "truncate",
        () => {
          deeds.write(file(), 0);
        },
      ],
      [
        3,
        "chmod",
        () => {
          deeds.setMode(file());
        },
      ],
      [
        1,
        "chmod directory",
        () => {
          deeds.setMode(directory());
        },
      ],
      [
        2,
        "utime directory",
        () => {
          deeds.setTime(directory());
        },
      ],
      [
        10,
        "delete",
        () => {
          deeds.remove(file());
        },
      ],
      [
        6,
        "rmdir",
        () => {
          deeds.remove(directory());
        },
      ],
      [
        3,
        "rm -r",
        () => {
          deeds.removeAll(directory());
        },
      ],
      [
        5,
        "rename",
        () => {
          deeds.rename(file(), deeds.free());
        },
      ],
      [
        5,
        "rename over",
        () => {
          deeds.rename(file(), file());
        },
      ],
      [
        8,
        "rename directory",
        () => {
          deeds.rename(directory(), deeds.free());
        },
      ],
      [
        2,
        "rename directory over",
        () => {
          deeds.rename(directory(), directory());
        },
      ],
      [
        3,
        "mv a b; mv b a",
        () => {
          deeds.thereAndBack(this.#chance.often(0.5) ? file() : directory());
        },
      ],
      [
        4,
        "recreate old",
        () => {
          deeds.recreate(file(), "f");
        },
      ],
      [
        3,
        "change type",
        () => {
          deeds.recreate(
            deeds.any(() => true),
            this.#chance.pick(["f", "d"]),
          );
        },
      ],
      [
        3,
        "swap directory",
        () => {
          deeds.swap(directory());
        },
      ],
      [
        2,
        "hard link",
        () => {
          deeds.link(file(), deeds.free());
        },
      ],
      [
        2,
        "mkdir -p",
        () => {
          deeds.makeChain();
        },
      ],
    ];
  }
}
