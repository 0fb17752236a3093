import { createRequire } from "node:module";
import { nameOfErrno } from "./errno-names.js";

/**
 * The calls of the C library that looking and watching need. Numbers below 0 mean: see `errno`.
 *
 * Paths and buffers are plain addresses, so that nothing is converted or made at a call. Whoever
 * passes one holds the `Memory` behind it.
 */
export interface Libc {
  inotifyInit(flags: number): number;
  addWatch(fd: number, path: number, mask: number): number;
  removeWatch(fd: number, watch: number): number;
  openAt(directory: number, path: number, flags: number): number;
  /** Reads whole `linux_dirent64` structures. Returns their bytes, 0 at the end. */
  readDirectory(fd: number, buffer: number, size: number): number;
  /** Fills a `struct statx`. */
  statAt(directory: number, path: number, flags: number, mask: number, buffer: number): number;
  close(fd: number): number;
  /** The system's word for why the last call failed, e.g. `EACCES`. */
  errno(): string;
  allocate(size: number): Memory;
}

/** Bytes that stay where they are for as long as this object is held. */
export interface Memory {
  readonly bytes: Buffer;
  readonly address: number;
}

/** `Libc` with the place of the library that makes it possible, for the reader's thread. */
export interface LoadedLibc {
  readonly libc: Libc;
  readonly koffiPath: string;
}

/** The part of koffi that we use. */
interface Koffi {
  load(path: null): { func(definition: string): (...values: unknown[]) => unknown };
  address(value: Buffer): bigint | number;
  errno(): number;
}

let loaded: LoadedLibc | undefined;

/** Loads the C library, once. Throws when this platform has no koffi, or a call is missing. */
export function loadLibc(): LoadedLibc {
  loaded ??= load();
  return loaded;
}

function load(): LoadedLibc {
  const require = createRequire(import.meta.url);
  const koffiPath = require.resolve("koffi");
  const koffi = require(koffiPath) as Koffi;
  const library = koffi.load(null);
  const call = (definition: string) =>
    library.func(definition) as (...values: readonly unknown[]) => number;
  const libc = {
    inotifyInit: call("int inotify_init1(int flags)"),
    addWatch: call("int inotify_add_watch(int fd, uintptr_t path, uint32_t mask)"),
    removeWatch: call("int inotify_rm_watch(int fd, int wd)"),
    openAt: call("int openat(int directory, uintptr_t path, int flags)"),
    readDirectory: call("long getdents64(int fd, uintptr_t buffer, size_t size)"),
    statAt: call(
      "int statx(int directory, uintptr_t path, int flags, unsigned int mask, uintptr_t buffer)",
    ),
    close: call("int close(int fd)"),
    errno: () => nameOfErrno(koffi.errno()),
    allocate: (size: number) => {
      // Not from the pool, and too large for the heap, where it would be moved.
      const bytes = Buffer.allocUnsafeSlow(size);
      return { bytes, address: Number(koffi.address(bytes)) };
    },
  };
  return { libc, koffiPath };
}
