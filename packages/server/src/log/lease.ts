import { open, rm, type FileHandle } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { FustorError, type Clock } from "@fustor/core";
import { withTurn } from "@fustor/core/host";

/** The right to write into a state directory; it ends with the process at the latest. */
export interface Lease {
  /** Lets the next one in. May be called twice. */
  release(): Promise<void>;
}

/** What connecting to a socket says at which nobody listens, or to no socket. */
const FREE = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK"]);
/** Longer than a process that lives needs to say who it is. */
const ANSWER_MS = 1_000;
/** What the kernel takes as the path of a socket, with some room. */
const SOCKET_PATH_MAX = 100;

/**
 * Takes a state directory for this process. The kernel keeps the lease: it is a socket that somebody
 * listens at, so what a killed process leaves behind is no obstacle, and a process in another
 * container is one.
 *
 * Throws `HOME_IN_USE` naming the process that has it, or `HOME_UNUSABLE`.
 */
export async function takeLease(folder: string, clock: Clock): Promise<Lease> {
  const path = join(folder, "lease");
  const isTooLong = Buffer.byteLength(path) > SOCKET_PATH_MAX;
  if (isTooLong && process.platform !== "linux") throw tooLong(path);
  // On Linux every open folder has a short name too.
  const handle = isTooLong ? await open(folder, "r") : undefined;
  const name = handle === undefined ? path : `/proc/self/fd/${String(handle.fd)}/lease`;
  try {
    const server = await withTurn(`${path}.turn`, clock, async () => {
      const holder = await askHolder(name);
      if (holder !== undefined) throw inUse(folder, holder);
      await rm(path, { force: true });
      return listenAt(name, folder);
    });
    return { release: () => release(server, handle) };
  } catch (error) {
    await handle?.close();
    throw error;
  }
}

/** Which process has the state directory, in its own words; undefined when none has. */
export async function leaseHolder(folder: string): Promise<string | undefined> {
  const path = join(folder, "lease");
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return askHolder(path);
  if (process.platform !== "linux") return undefined;
  const handle = await open(folder, "r");
  try {
    return await askHolder(`/proc/self/fd/${String(handle.fd)}/lease`);
  } finally {
    await handle.close();
  }
}

/** The server removes its socket when it closes, by the name that it was given. */
async function release(server: Server, handle: FileHandle | undefined): Promise<void> {
  if (!server.listening) return;
  await new Promise((resolve) => server.close(resolve));
  await handle?.close();
}

/** Who listens there, in its own words; undefined when nobody does. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = "";
    let isThere = false;
    const socket = connect(path);
    const end = (): void => {
      socket.destroy();
      resolve(isThere ? said : undefined);
    };
    socket.setEncoding("utf8").setTimeout(ANSWER_MS, end);
    socket.on("connect", () => (isThere = true));
    socket.on("data", (text: string) => (said += text));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // Nobody listens only where the kernel says so: who is stopped has no room for more callers.
      if (!FREE.has(error.code ?? "")) isThere = true;
      end();
    });
    socket.on("close", end);
  });
}

function listenAt(path: string, folder: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(String(process.pid));
    });
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const { code = "an error" } = cause;
      const message = `Cannot lock ${folder}: the system refused with ${code}. Put FUSTOR_HOME on a local file system.`;
      reject(new FustorError("HOME_UNUSABLE", message, { cause }));
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function tooLong(path: string): FustorError {
  return new FustorError(
    "HOME_UNUSABLE",
    `The path ${path} is too long for a lock. Set FUSTOR_HOME to a folder with a shorter path.`,
  );
}

function inUse(folder: string, pid: string): FustorError {
  const who = /^\d+$/.test(pid) ? `the process ${pid}` : "another process";
  return new FustorError(
    "HOME_IN_USE",
    `The state in ${folder} is used by ${who}. Stop that one, or set FUSTOR_HOME to another folder.`,
  );
}
