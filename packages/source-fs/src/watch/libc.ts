import { createRequire } from "node:module";

/** The calls of the C library that watching needs. Numbers below 0 mean: see `errno`. */
export interface Libc {
  inotifyInit(flags: number): number;
  addWatch(fd: number, path: Buffer, mask: number): number;
  removeWatch(fd: number, watch: number): number;
  close(fd: number): number;
  errno(): number;
}

/** `Libc` with the place of the library that makes it possible, for the reader's thread. */
export interface LoadedLibc {
  readonly libc: Libc;
  readonly koffiPath: string;
}

/** The part of koffi that we use. */
interface Koffi {
  load(path: null): { func(definition: string): (...values: unknown[]) => unknown };
  errno(): number;
}

/** Loads the C library. Throws when this platform has no koffi. */
export function loadLibc(): LoadedLibc {
  const require = createRequire(import.meta.url);
  const koffiPath = require.resolve("koffi");
  const koffi = require(koffiPath) as Koffi;
  const library = koffi.load(null);
  const call = (definition: string) =>
    library.func(definition) as (...values: readonly unknown[]) => number;
  const inotifyInit = call("int inotify_init1(int flags)");
  const addWatch = call("int inotify_add_watch(int fd, const void *path, uint32_t mask)");
  const removeWatch = call("int inotify_rm_watch(int fd, int wd)");
  const close = call("int close(int fd)");
  const libc = { inotifyInit, addWatch, removeWatch, close, errno: () => koffi.errno() };
  return { libc, koffiPath };
}
