import { readFileSync } from "node:fs";
import type { Clock } from "@fustor/core";
import { baseName, decodeName, joinPath, parentPath } from "@fustor/schema-fs";
import type { Libc, LoadedLibc } from "../libc.js";
import { PathMemory } from "../path-memory.js";
import type { Root } from "../root.js";
import type { ArmResult, Hint, WatchBackend, WatchEvents } from "./backend.js";
import { InotifyReader } from "./inotify-reader.js";
import { pathOf, PathTree, type PathNode } from "./path-tree.js";
import { RenamePairs, type Arrival } from "./rename-pairs.js";

/** From <sys/inotify.h>. */
const IN = {
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ISDIR: 0x40000000,
  ONLYDIR: 0x1000000,
  DONT_FOLLOW: 0x2000000,
  EXCL_UNLINK: 0x4000000,
  NONBLOCK: 0x800,
  CLOEXEC: 0x80000,
} as const;

const SELF = IN.DELETE_SELF | IN.MOVE_SELF | IN.UNMOUNT | IN.IGNORED;
const APPEARED = IN.CREATE | IN.MOVED_TO;
const MASK =
  APPEARED |
  IN.DELETE |
  IN.MOVED_FROM |
  IN.MODIFY |
  IN.ATTRIB |
  IN.CLOSE_WRITE |
  IN.DELETE_SELF |
  IN.MOVE_SELF;
const FLAGS = IN.ONLYDIR | IN.DONT_FOLLOW | IN.EXCL_UNLINK;
/** wd, mask, cookie and length, before the name. */
const HEADER_WORDS = 4;

/** Linux's own notification, read without anything in between. */
export class InotifyBackend implements WatchBackend {
  readonly name = "inotify";
  readonly forgetful = false;
  readonly watchesMax = readNumber("/proc/sys/fs/inotify/max_user_watches");
  readonly #root: Root;
  readonly #events: WatchEvents;
  readonly #libc: Libc;
  readonly #path: PathMemory;
  readonly #fd: number;
  readonly #reader: InotifyReader;
  readonly #descriptors = new PathTree<number>();
  readonly #places = new Map<number, PathNode<number>>();
  readonly #pairs: RenamePairs;
  #closed: Promise<void> | undefined;

  /** Throws an error with `code` when the system allows no more instances of inotify. */
  constructor({ libc, koffiPath }: LoadedLibc, root: Root, clock: Clock, events: WatchEvents) {
    this.#root = root;
    this.#events = events;
    this.#libc = libc;
    this.#path = new PathMemory(libc);
    this.#fd = libc.inotifyInit(IN.NONBLOCK | IN.CLOEXEC);
    if (this.#fd < 0) {
      const code = libc.errno();
      throw Object.assign(new Error(`inotify cannot be had: ${code}`), { code });
    }
    this.#pairs = new RenamePairs({
      clock,
      onGone: ({ path, isDirectory }) => {
        if (isDirectory) this.disarm(path);
        events.dirty(parentPath(path), baseName(path), "gone");
      },
      onUnsure: (arrival) => {
        this.#moveUnsurely(arrival);
      },
    });
    this.#reader = new InotifyReader({
      fd: this.#fd,
      koffiPath,
      onEvents: (bytes) => {
        this.#handle(bytes);
      },
      onDeath: (error) => {
        events.dead(error);
      },
    });
  }

  get watches(): number {
    return this.#descriptors.size;
  }

  isArmed(directory: string): boolean {
    return this.#descriptors.get(directory) !== undefined;
  }

  async arm(directory: string): Promise<ArmResult> {
    if (this.#closed !== undefined) return "refused";
    const path = this.#path.put(this.#root.systemPath(directory));
    if (path === undefined) return "refused";
    const descriptor = this.#libc.addWatch(this.#fd, path, MASK | FLAGS);
    if (descriptor < 0) return refusalOf(this.#libc.errno());
    const known = this.#descriptors.get(directory);
    if (known === descriptor) return "already";
    // Another directory stands here now than the one that was armed.
    if (known !== undefined) this.disarm(directory);
    // Or this one was moved here, and the event that says so is still on its way.
    const former = this.#places.get(descriptor);
    if (former !== undefined) this.#descriptors.delete(pathOf(former));
    this.#places.set(descriptor, this.#descriptors.set(directory, descriptor));
    return "armed";
  }

  disarm(directory: string): void {
    for (const descriptor of this.#descriptors.cut(directory)) this.#release(descriptor);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#pairs.close();
    await this.#reader.close();
    this.#libc.close(this.#fd);
  }

  /** `bytes` holds whole events, each aligned to 4 bytes. */
  #handle(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    let name = "";
    let nameAt = 0;
    let nameWords = 0;
    let next = 0;
    for (let at = 0; at < words.length; at = next) {
      const descriptor = words[at] ?? -1;
      const mask = words[at + 1] ?? 0;
      const cookie = words[at + 2] ?? 0;
      const length = (words[at + 3] ?? 0) >> 2;
      const start = at + HEADER_WORDS;
      next = start + length;
      // A file that is created, written and closed comes three times in a row.
      if (length !== nameWords || !sameWords(words, start, nameAt, length)) {
        name = decode(buffer, start << 2, next << 2);
        nameAt = start;
        nameWords = length;
      }
      this.#handleOne(descriptor, mask, cookie, name);
    }
  }

  #handleOne(descriptor: number, mask: number, cookie: number, name: string): void {
    if ((mask & IN.Q_OVERFLOW) !== 0) {
      this.#pairs.giveUp();
      this.#events.overflow("inotify queue overflow");
      return;
    }
    const place = this.#places.get(descriptor);
    if (place === undefined) return; // what was disarmed may still have events on their way
    const directory = pathOf(place);
    if ((mask & SELF) !== 0) {
      if ((mask & IN.MOVE_SELF) === 0 || !this.#moveItself(descriptor, directory)) {
        this.disarm(directory);
        this.#events.gone(directory);
      }
      return;
    }
    // The directory's own attributes: the watch of its parent tells of them too, if there is one.
    if (name === "" && directory !== "/") return;
    const path = joinPath(directory, name);
    const isDirectory = (mask & IN.ISDIR) !== 0;
    if ((mask & IN.MOVED_FROM) !== 0) {
      this.#pairs.depart(cookie, { path, isDirectory });
      return;
    }
    const departure = (mask & IN.MOVED_TO) === 0 ? undefined : this.#pairs.arrive(cookie);
    if (departure !== undefined) {
      this.#move({ from: departure.path, to: path }, isDirectory);
      return;
    }
    // The watches of what is gone would go on telling under a name that is no longer theirs.
    if ((mask & IN.DELETE) !== 0 && isDirectory) this.disarm(path);
    this.#events.dirty(directory, name, hintOf(mask));
  }

  /** Both halves of a rename were told; of a watched directory it is to say so itself. */
  #move(arrival: Arrival, isDirectory: boolean): void {
    const descriptor = isDirectory ? this.#descriptors.get(arrival.from) : undefined;
    if (descriptor === undefined) {
      if (isDirectory) this.#moveUnsurely(arrival);
      else this.#events.moved({ ...arrival, isDirectory, isArmed: false });
      return;
    }
    const former = this.#pairs.takeArrival(descriptor);
    if (former !== undefined) this.#moveUnsurely(former);
    if (this.#descriptors.get(arrival.from) === descriptor)
      this.#pairs.confirm(descriptor, arrival);
    else this.#moveUnsurely(arrival);
  }

  /** A watched directory says that it moved. False when nobody said where it went. */
  #moveItself(descriptor: number, directory: string): boolean {
    const arrival = this.#pairs.takeArrival(descriptor);
    if (arrival?.from === directory) {
      // The kernel watches by inode: only the names change.
      for (const covered of this.#descriptors.move(directory, arrival.to)) this.#release(covered);
      this.#pairs.rename(arrival);
      this.#events.moved({ ...arrival, isDirectory: true, isArmed: true });
      return true;
    }
    if (arrival !== undefined) {
      this.#moveUnsurely(arrival);
      // It was armed under its new name before it said so.
      return directory === arrival.to;
    }
    const departure = this.#pairs.takeDeparture(directory);
    if (departure !== undefined)
      this.#events.dirty(parentPath(directory), baseName(directory), "gone");
    return false;
  }

  /** Which directory it was that moved, nobody knows: it is to be armed and listed as a new one. */
  #moveUnsurely(arrival: Arrival): void {
    this.disarm(arrival.from);
    this.#events.moved({ ...arrival, isDirectory: true, isArmed: false });
  }

  #release(descriptor: number): void {
    this.#places.delete(descriptor);
    // Fails for a directory that is gone: its watch went with it.
    this.#libc.removeWatch(this.#fd, descriptor);
  }
}

function hintOf(mask: number): Hint {
  if ((mask & IN.DELETE) !== 0) return "gone";
  if ((mask & APPEARED) !== 0) return "appeared";
  if ((mask & IN.CLOSE_WRITE) !== 0) return "closed";
  return (mask & IN.MODIFY) !== 0 ? "written" : "touched";
}

/** The name in a part of the buffer that is padded with NULs. */
function decode(buffer: Buffer, start: number, end: number): string {
  if (start === end) return "";
  const terminator = buffer.indexOf(0, start);
  const stop = terminator < 0 || terminator > end ? end : terminator;
  const name = buffer.toString("utf8", start, stop);
  return name.includes("\uFFFD") ? decodeName(buffer.subarray(start, stop)) : name;
}

function sameWords(words: Int32Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (words[a + i] !== words[b + i]) return false;
  return true;
}

function refusalOf(code: string): ArmResult {
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return "gone";
  return code === "ENOSPC" || code === "ENOMEM" || code === "EMFILE" ? "full" : "refused";
}

function readNumber(path: string): number {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
}
