import { Worker } from "node:worker_threads";

/** How long the reader waits for events before it looks whether it should end. */
const POLL_MS = 200;
/** A message holds at most so many bytes of events. */
const CHUNK_BYTES = 64 * 1024;
/** With so much unhandled the reader stops reading: the kernel's queue overflows and says so. */
const BACKLOG_BYTES = 16 * 1024 * 1024;

/** Cells of the memory shared with the thread. */
const STOP = 0;
const BACKLOG = 1;

/**
 * Plain text, so that it runs alike from the sources, from a bundle and from an installed package.
 * It never returns to its event loop: posting and ending need none.
 */
const PROGRAM = `
"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { fd, koffiPath, cells, pollMs, chunkBytes, backlogBytes } = workerData;
const koffi = require(koffiPath);
const libc = koffi.load(null);
const poll = libc.func("int poll(void *fds, unsigned long count, int timeout)");
const read = libc.func("long read(int fd, void *buffer, size_t size)");
const EAGAIN = koffi.os.errno.EAGAIN;
const EINTR = koffi.os.errno.EINTR;
const EVENT_BYTES_MAX = 4096;
const POLLIN = 1;
const fds = Buffer.alloc(8);
new Int32Array(fds.buffer, fds.byteOffset, 1)[0] = fd;
new Int16Array(fds.buffer, fds.byteOffset + 4, 1)[0] = POLLIN;
const buffer = Buffer.alloc(chunkBytes);
const stopped = () => Atomics.load(cells, ${String(STOP)}) !== 0;

function fill() {
  let used = 0;
  while (used < chunkBytes - EVENT_BYTES_MAX) {
    const count = read(fd, buffer.subarray(used), chunkBytes - used);
    if (count > 0) used += count;
    else if (count < 0 && koffi.errno() === EINTR) continue;
    else if (count < 0 && koffi.errno() !== EAGAIN) throw new Error("read failed: errno " + koffi.errno());
    else break;
  }
  return used;
}

while (!stopped()) {
  const ready = poll(fds, 1, pollMs);
  if (ready < 0 && koffi.errno() !== EINTR) throw new Error("poll failed: errno " + koffi.errno());
  if (ready <= 0) continue;
  const used = fill();
  if (used === 0) continue;
  Atomics.add(cells, ${String(BACKLOG)}, used);
  const chunk = new Uint8Array(buffer.subarray(0, used));
  parentPort.postMessage(chunk, [chunk.buffer]);
  for (;;) {
    const backlog = Atomics.load(cells, ${String(BACKLOG)});
    if (backlog <= backlogBytes || stopped()) break;
    Atomics.wait(cells, ${String(BACKLOG)}, backlog, 50);
  }
}
`;

export interface ReaderOptions {
  /** An inotify descriptor that does not block. */
  readonly fd: number;
  readonly koffiPath: string;
  /** Takes a run of whole `inotify_event` structures, in order. */
  readonly onEvents: (bytes: Uint8Array) => void;
  /** Called once if the thread ends without having been asked to. */
  readonly onDeath: (error: Error) => void;
}

/** Reads an inotify descriptor in a thread of its own, until closed. */
export class InotifyReader {
  readonly #cells = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #onEvents: (bytes: Uint8Array) => void;
  /** Chunks not handled yet, the oldest first. */
  readonly #chunks: Uint8Array[] = [];
  #closing = false;

  constructor({ fd, koffiPath, onEvents, onDeath }: ReaderOptions) {
    this.#worker = new Worker(PROGRAM, {
      eval: true,
      execArgv: [],
      workerData: {
        fd,
        koffiPath,
        cells: this.#cells,
        pollMs: POLL_MS,
        chunkBytes: CHUNK_BYTES,
        backlogBytes: BACKLOG_BYTES,
      },
    });
    this.#onEvents = onEvents;
    this.#worker.on("message", (bytes: Uint8Array) => {
      this.#chunks.push(bytes);
      if (this.#chunks.length === 1) this.#handleNext();
    });
    let problem = new Error("The thread that reads inotify has ended.");
    this.#worker.on("error", (error: Error) => (problem = error));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        resolve();
        if (!this.#closing) onDeath(problem);
      });
    });
  }

  /** One chunk a turn: the port would hand over all that it has at once, and stop everyone else. */
  #handleNext(): void {
    const bytes = this.#chunks[0];
    if (bytes === undefined || this.#closing) return;
    this.#onEvents(bytes);
    this.#chunks.shift();
    Atomics.sub(this.#cells, BACKLOG, bytes.byteLength);
    Atomics.notify(this.#cells, BACKLOG);
    if (this.#chunks.length > 0) {
      setImmediate(() => {
        this.#handleNext();
      });
    }
  }

  /** Resolves when the thread has ended. May be called twice. */
  async close(): Promise<void> {
    this.#closing = true;
    Atomics.store(this.#cells, STOP, 1);
    Atomics.notify(this.#cells, BACKLOG);
    await this.#ended;
  }
}
