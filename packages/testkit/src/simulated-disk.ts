import { basename, dirname } from "node:path";
import type { Chance } from "./world/chance.js";

/** Thrown by every operation from the moment the machine crashed. */
export class CrashedError extends Error {
  override readonly name = "CrashedError";
}

/** What a disk may leave out that says it did it: only a test of the test wants that. */
export interface DiskFaults {
  /** `sync` and written-through appends promise what they do not hold. */
  readonly forgetsSyncs?: boolean;
  /** The same for folders. */
  readonly forgetsFolders?: boolean;
}

export interface SimulatedDiskOptions extends DiskFaults {
  readonly chance: Chance;
}

/** What a file holds: for whoever reads it now, and after a crash. */
interface Content {
  bytes: Buffer;
  /** The first so many bytes outlive a crash; what follows may be torn. */
  durable: number;
}

type FolderChange =
  | { readonly kind: "name"; readonly name: string; readonly content: Content }
  | { readonly kind: "remove"; readonly name: string };

interface Folder {
  readonly names: Map<string, Content>;
  readonly durableNames: Map<string, Content>;
  /** Since its last sync. */
  changes: FolderChange[];
}

/** Bytes that reach a disk together, or not at all. */
const SECTOR = 64;

/**
 * A disk in memory that takes every freedom that a real one has: after a crash, what was not synced
 * is gone, there, or torn, and the names in a folder that was not synced are the old or the new
 * ones, each by chance. Every operation is a step at which the machine can crash.
 */
export class SimulatedDisk {
  readonly #chance: Chance;
  readonly #faults: DiskFaults;
  #folders = new Map<string, Folder>();
  #steps = 0;
  #crashAt = Infinity;
  #life = 0;

  constructor({ chance, ...faults }: SimulatedDiskOptions) {
    this.#chance = chance;
    this.#faults = faults;
  }

  /** Operations so far. */
  get steps(): number {
    return this.#steps;
  }

  /** The machine crashes in the step of that number, counted as `steps` counts. */
  crashAt(step: number): void {
    this.#crashAt = step;
  }

  /** The machine starts again, now if it had not crashed, and nothing that was open is open. */
  restart(): void {
    this.#life += 1;
    this.#crashAt = Infinity;
    for (const folder of this.#folders.values()) this.#recover(folder);
  }

  /** Flips a bit of what is durable, as an old disk does. */
  damage(path: string, at: number): void {
    const { bytes } = this.#content(path);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step();
    for (let each = path; !this.#folders.has(each); each = dirname(each)) {
      this.#folders.set(each, { names: new Map(), durableNames: new Map(), changes: [] });
    }
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.#step();
    return [...this.#folder(folder).names.keys()];
  }

  async read(path: string): Promise<Uint8Array> {
    await this.#step();
    return Buffer.from(this.#content(path).bytes);
  }

  async *stream(path: string): AsyncGenerator<Uint8Array> {
    yield await this.read(path);
  }

  async open(path: string): Promise<SimulatedReading> {
    const bytes = await this.read(path);
    return {
      size: bytes.length,
      read: async (at, chunks) => {
        await this.#step();
        let from = at;
        for (const chunk of chunks) {
          if (from + chunk.length > bytes.length) return false;
          chunk.set(bytes.subarray(from, from + chunk.length));
          from += chunk.length;
        }
        return true;
      },
      close: () => Promise.resolve(),
    };
  }

  async create(
    path: string,
    { writeThrough = false }: { readonly writeThrough?: boolean } = {},
  ): Promise<SimulatedFile> {
    await this.#step();
    const { names, changes } = this.#folder(dirname(path));
    const name = basename(path);
    if (names.has(name)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: "EEXIST" });
    const content: Content = { bytes: Buffer.alloc(0), durable: 0 };
    names.set(name, content);
    changes.push({ kind: "name", name, content });
    const life = this.#life;
    const sync = (): void => {
      if (this.#faults.forgetsSyncs !== true) content.durable = content.bytes.length;
    };
    const step = async (work: () => void): Promise<void> => {
      if (life !== this.#life) throw new CrashedError("this file was open before a crash");
      await this.#step(work);
    };
    return {
      append: async (chunks) => {
        // It may be there, though nobody hears of it.
        await step(() => (content.bytes = Buffer.concat([content.bytes, ...chunks])));
        if (writeThrough) await step(sync);
      },
      sync: () => step(sync),
      close: () => step(() => undefined),
    };
  }

  async truncate(path: string, length: number): Promise<void> {
    await this.#step();
    const content = this.#content(path);
    content.bytes = content.bytes.subarray(0, length);
    content.durable = length;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step();
    const content = this.#content(from);
    this.#folder(dirname(to)).names.set(basename(to), content);
    this.#folder(dirname(to)).changes.push({ kind: "name", name: basename(to), content });
    this.#forget(from);
  }

  async remove(path: string): Promise<void> {
    await this.#step();
    this.#content(path);
    this.#forget(path);
  }

  async syncFolder(path: string): Promise<void> {
    await this.#step();
    if (this.#faults.forgetsFolders === true) return;
    const folder = this.#folder(path);
    folder.durableNames.clear();
    for (const [name, content] of folder.names) folder.durableNames.set(name, content);
    folder.changes = [];
  }

  #forget(path: string): void {
    const { names, changes } = this.#folder(dirname(path));
    names.delete(basename(path));
    changes.push({ kind: "remove", name: basename(path) });
  }

  /** `work` may have been done when the machine crashed in it. */
  async #step(work: () => void = () => undefined): Promise<void> {
    if (this.#steps >= this.#crashAt) throw new CrashedError("the machine has crashed");
    const life = this.#life;
    this.#steps += 1;
    await Promise.resolve();
    if (life !== this.#life) throw new CrashedError("the machine has crashed");
    const crashes = this.#steps >= this.#crashAt;
    if (!crashes || this.#chance.often(0.5)) work();
    if (crashes) throw new CrashedError("the machine crashes");
  }

  #recover(folder: Folder): void {
    folder.names.clear();
    for (const [name, content] of folder.durableNames) folder.names.set(name, content);
    for (const change of folder.changes) {
      if (this.#chance.often(0.5)) continue;
      if (change.kind === "remove") folder.names.delete(change.name);
      else folder.names.set(change.name, change.content);
    }
    folder.changes = [];
    folder.durableNames.clear();
    for (const [name, content] of folder.names) {
      this.#tear(content);
      folder.durableNames.set(name, content);
    }
  }

  /** What was written and not synced: cut anywhere, and full of holes. */
  #tear(content: Content): void {
    const { bytes, durable } = content;
    const end = durable + this.#chance.below(bytes.length - durable + 1);
    const torn = Buffer.from(bytes.subarray(0, end));
    for (let at = durable; at < end; at += SECTOR) {
      if (this.#chance.often(0.2)) torn.fill(0, at, Math.min(end, at + SECTOR));
    }
    content.bytes = torn;
    content.durable = end;
  }

  #folder(path: string): Folder {
    const folder = this.#folders.get(path);
    if (folder === undefined) throw missing(path);
    return folder;
  }

  #content(path: string): Content {
    const content = this.#folder(dirname(path)).names.get(basename(path));
    if (content === undefined) throw missing(path);
    return content;
  }
}

/** A file of a simulated disk that is open to be read, as it was when it was opened. */
export interface SimulatedReading {
  readonly size: number;
  read(at: number, chunks: readonly Uint8Array[]): Promise<boolean>;
  close(): Promise<void>;
}

/** An open file of a simulated disk. */
export interface SimulatedFile {
  append(chunks: readonly Uint8Array[]): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
}
