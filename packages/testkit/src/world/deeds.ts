import { joinPath, parentPath } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { Disk, Inode } from "./disk.js";
import type { Host } from "./host.js";
import type { Timeline } from "./timeline.js";

const NAMES = ["a", "b", "c", "d", "e"];
const DEPTH_MAX = 4;
/** A good while ago, in ms of storage time: what unpacked archives bear. */
const OLD_MS = 500_000_000;

/** What can be done to names through one host, and what the host's kernel tells of it. */
export class Deeds {
  readonly #disk: Disk;
  readonly #timeline: Timeline;
  readonly #host: Host;
  readonly #chance: Chance;

  constructor(disk: Disk, timeline: Timeline, host: Host, chance: Chance) {
    this.#disk = disk;
    this.#timeline = timeline;
    this.#host = host;
    this.#chance = chance;
  }

  any(fits: (inode: Inode) => boolean): string {
    const names = [...this.#disk.names()].filter(([, inode]) => fits(inode));
    return names.length === 0 ? "/" : this.#chance.pick(names)[0];
  }

  free(): string {
    const directories = ["/"];
    for (const [path, { type }] of this.#disk.names()) {
      if (type === "d" && path.split("/").length <= DEPTH_MAX) directories.push(path);
    }
    return joinPath(this.#chance.pick(directories), this.#chance.pick(NAMES));
  }

  create(path: string, type: "f" | "d" | "l"): string {
    if (this.#isOutOfReach(path)) return "/";
    const inode = this.#disk.make(path, type);
    if (inode === undefined) return "/";
    this.#host.changed(path, inode);
    if (type !== "f" || this.#chance.often(0.6)) this.#tell(path, { closed: true });
    else this.#writeOn(path, inode);
    return path;
  }

  write(path: string, more: number): void {
    const inode = this.#disk.find(path);
    if (inode?.type !== "f" || this.#isOutOfReach(path)) return;
    this.#disk.write(inode, more === 0 ? 0 : inode.size + more);
    this.#host.refresh(path);
    this.#host.changed(path, inode);
    if (this.#chance.often(0.6)) this.#tell(path, { closed: true });
    else this.#writeOn(path, inode);
  }

  /** Written for a while, and closed at the end, wherever it is then called as it was. */
  #writeOn(path: string, inode: Inode): void {
    this.#tell(path, { closed: false });
    const isThere = (): boolean => this.#disk.find(path) === inode && !this.#isOutOfReach(path);
    const more = (): void => {
      if (!isThere()) return;
      if (this.#chance.often(0.3)) {
        this.#host.changed(path, inode);
        this.#tell(path, { closed: true });
        return;
      }
      this.#disk.write(inode, inode.size + 1);
      this.#host.changed(path, inode);
      this.#tell(path, { closed: false });
      this.#timeline.after(this.#chance.between(10, 6_000), more);
    };
    this.#timeline.after(this.#chance.between(10, 6_000), more);
  }

  setMode(path: string): void {
    const inode = this.#disk.find(path);
    if (inode === undefined || path === "/" || this.#isOutOfReach(path)) return;
    this.#disk.setMode(inode, 0o600 + this.#chance.below(64));
    this.#host.changed(path, inode);
    this.#tell(path, { closed: true });
  }

  setTime(path: string): void {
    const inode = this.#disk.find(path);
    if (inode === undefined || path === "/" || this.#isOutOfReach(path)) return;
    const offset = this.#chance.often(0.2) ? OLD_MS : -this.#chance.between(5_000, OLD_MS);
    this.#disk.setTime(inode, Math.floor(this.#disk.stamp() + offset));
    this.#host.changed(path, inode);
    this.#tell(path, { closed: true });
  }

  remove(path: string): void {
    if (this.#isOutOfReach(path)) return;
    const inode = this.#disk.remove(path);
    if (inode === undefined) return;
    this.#host.changed(path, inode);
    this.#tell(path, { closed: false });
  }

  removeAll(path: string): void {
    const children = [...(this.#disk.find(path)?.children?.keys() ?? [])];
    if (path === "/") return;
    for (const name of children) this.removeAll(joinPath(path, name));
    this.remove(path);
  }

  rename(from: string, to: string): void {
    if (this.#isOutOfReach(from) || this.#isOutOfReach(to)) return;
    const inode = this.#disk.rename(from, to);
    if (inode === undefined) return;
    this.#host.changed(from);
    this.#host.changed(to, inode);
    this.#host.refresh(to);
    const isTwoNames = inode.type !== "d" && this.#chance.often(0.5);
    if (isTwoNames) {
      this.#tell(from, { closed: false });
      this.#tell(to, { closed: true });
    } else {
      this.#host.listener?.({ kind: "moved", from, to, ino: inode.ino });
    }
  }

  thereAndBack(path: string): void {
    const other = joinPath(parentPath(path), "tmp");
    this.rename(path, other);
    if (this.#disk.find(path) === undefined) this.rename(other, path);
  }

  recreate(path: string, type: "f" | "d"): void {
    this.remove(path);
    if (path !== "/" && this.#disk.find(path) === undefined) this.create(path, type);
    if (type === "f" && this.#chance.often(0.7)) this.setTime(path);
  }

  /** As builds and deployments do: the old directory aside, a new one in its place. */
  swap(path: string): void {
    if (path === "/") return;
    const aside = joinPath(parentPath(path), this.#chance.pick(NAMES));
    const names = [...(this.#disk.find(path)?.children?.keys() ?? [])];
    this.rename(path, aside);
    if (this.#disk.find(path) !== undefined) return;
    this.create(path, "d");
    for (const name of names.slice(0, 2)) this.create(joinPath(path, name), "f");
  }

  link(from: string, to: string): void {
    if (this.#isOutOfReach(from) || this.#isOutOfReach(to)) return;
    const inode = this.#disk.link(from, to);
    if (inode === undefined) return;
    this.#host.changed(to, inode);
    this.#tell(to, { closed: true });
  }

  makeChain(): void {
    let path = "/";
    for (let depth = 0; depth < 3; depth += 1) {
      path = joinPath(path, this.#chance.pick(NAMES));
      this.create(path, "d");
    }
    this.create(joinPath(path, this.#chance.pick(NAMES)), "f");
  }

  #isOutOfReach(path: string): boolean {
    return path === "/" || this.#host.isCovered(path);
  }

  #tell(path: string, { closed }: { readonly closed: boolean }): void {
    this.#host.listener?.({ kind: "dirty", path, closed });
  }
}
