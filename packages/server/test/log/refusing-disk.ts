import { Chance, SimulatedDisk } from "@fustor/testkit";
import type { Disk, DiskFile } from "../../src/log/disk.js";

/** A simulated disk that from some operation on refuses whatever needs what it has not. */
export class RefusingDisk implements Disk {
  readonly real = new SimulatedDisk({ chance: new Chance(9) });
  readonly #code: string;
  #left: number;

  constructor(code: string, left: number) {
    this.#code = code;
    this.#left = left;
  }

  refuse(): void {
    this.#left = 0;
  }

  allow(): void {
    this.#left = Infinity;
  }

  list = (folder: string) => this.real.list(folder);
  read = (path: string) => this.real.read(path);
  open = (path: string) => this.real.open(path);
  stream = (path: string) => this.real.stream(path);

  makeFolder(path: string): Promise<void> {
    return this.#write(() => this.real.makeFolder(path));
  }

  create(path: string, options?: { readonly writeThrough?: boolean }): Promise<DiskFile> {
    return this.#write(async () => {
      const file = await this.real.create(path, options);
      return {
        append: async (chunks) => {
          if (this.#refuses()) {
            // As much as there was room for.
            const all = Buffer.concat([...chunks]);
            if (this.#code !== "EROFS") await file.append([all.subarray(0, all.length >> 1)]);
            throw this.#refusal();
          }
          await file.append(chunks);
        },
        sync: () => this.#write(() => file.sync()),
        close: () => file.close(),
      };
    });
  }

  /** A full disk may be emptied. */
  truncate(path: string, length: number): Promise<void> {
    if (this.#code !== "EROFS") return this.real.truncate(path, length);
    return this.#write(() => this.real.truncate(path, length));
  }

  remove(path: string): Promise<void> {
    if (this.#code !== "EROFS") return this.real.remove(path);
    return this.#write(() => this.real.remove(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#write(() => this.real.rename(from, to));
  }

  syncFolder(folder: string): Promise<void> {
    return this.#write(() => this.real.syncFolder(folder));
  }

  #write<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#refuses() ? Promise.reject(this.#refusal()) : work();
  }

  #refuses(): boolean {
    this.#left -= 1;
    return this.#left < 0;
  }

  #refusal(): Error {
    const said = new Error(`${this.#code}: this disk takes nothing`);
    return Object.assign(said, { code: this.#code, syscall: "write" });
  }
}
