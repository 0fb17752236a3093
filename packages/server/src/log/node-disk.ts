import { constants, createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { CreateOptions, Disk, DiskFile, OpenFile } from "./disk.js";

const { O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;

/** Elsewhere the flag promises less than `datasync`, or is not there. */
const HAS_DSYNC = process.platform === "linux";

const READ_BYTES = 1024 * 1024;

/** The file system of this machine. */
export const nodeDisk: Disk = {
  makeFolder: async (path) => {
    const topmost = await mkdir(path, { recursive: true, mode: 0o700 });
    if (topmost === undefined) return;
    for (let made = resolve(path); made.length >= topmost.length; made = dirname(made)) {
      await nodeDisk.syncFolder(dirname(made));
    }
  },
  list: (folder) => readdir(folder),
  read: (path) => readFile(path),
  stream: (path): AsyncIterable<Buffer> => createReadStream(path, { highWaterMark: READ_BYTES }),
  open: async (path) => {
    const handle = await open(path, "r");
    try {
      return new NodeOpenFile(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
  create: async (path, { writeThrough = false }: CreateOptions = {}) => {
    // Where the kernel writes through, a write and its sync are one wait and not two.
    const dsync = writeThrough && HAS_DSYNC ? O_DSYNC : 0;
    const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | dsync, 0o600);
    return new NodeFile(handle, writeThrough && dsync === 0);
  },
  truncate: (path, length) =>
    withHandle(path, "r+", async (handle) => {
      await handle.truncate(length);
      await handle.sync();
    }),
  rename,
  remove: (path) => rm(path),
  syncFolder: (folder) => withHandle(folder, "r", (handle) => handle.sync()),
};

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #syncsAppends: boolean;

  constructor(handle: FileHandle, syncsAppends: boolean) {
    this.#handle = handle;
    this.#syncsAppends = syncsAppends;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest);
      rest = skip(rest, bytesWritten);
    }
    if (this.#syncsAppends) await this.#handle.datasync();
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class NodeOpenFile implements OpenFile {
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(at: number, chunks: readonly Uint8Array[]): Promise<boolean> {
    let rest: readonly Uint8Array[] = chunks.filter(({ length }) => length > 0);
    for (let from = at; rest.length > 0;) {
      const { bytesRead } = await this.#handle.readv([...rest], from);
      if (bytesRead === 0) return false;
      from += bytesRead;
      rest = skip(rest, bytesRead);
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** What is left of the chunks after so many bytes: the system may take or give less than it was asked to. */
function skip(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}

async function withHandle(
  path: string,
  flags: string,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
