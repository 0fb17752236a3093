import { basename, dirname, join } from "node:path";
import { ROUTES } from "@fustor/protocol";
import { target, texts, wholeText, type Call } from "../support/syscalls.js";

/** The calls that `checkOrder` has to see. */
export const ORDER_CALLS = [
  ...["openat", "read", "write", "writev", "pwrite64", "pwritev"],
  ...["fsync", "fdatasync", "rename", "unlink"],
] as const;

export interface OrderReport {
  /** Every promise that was made too early, in a sentence. */
  readonly breaches: readonly string[];
  /** Answers whose evidence was looked for: to show that there was something to look at. */
  readonly batches: number;
  readonly sessions: number;
  readonly keyChanges: number;
  readonly renames: number;
  readonly segmentsRemoved: number;
}

interface Piece {
  readonly text: string;
  readonly writtenAt: number;
  isDurable: boolean;
}

/** A file below the home that was made or renamed while we looked. */
interface Kept {
  readonly writesThrough: boolean;
  readonly pieces: Piece[];
  /** When it got the name that it has. */
  namedAt: number;
  isNameDurable: boolean;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  body: string;
}

interface Connection {
  received: string;
  readonly asked: Request[];
}

/**
 * Whether a Fusion promised only what would outlive a loss of power, from nothing but the calls it
 * made. Of a file counts what was written through, or was there when a sync of it began that has
 * ended; of a name, what was there when a sync of its folder began that has ended.
 */
export function checkOrder(calls: readonly Call[], home: string): OrderReport {
  const order = new Order(home);
  const edges = calls.flatMap((call) => [
    { at: call.begin, edge: "begin" as const, call },
    ...(call.result.startsWith("-1 ") ? [] : [{ at: call.end, edge: "end" as const, call }]),
  ]);
  edges.sort((a, b) => a.at - b.at);
  for (const { edge, call } of edges) order[edge](call);
  return order.finish();
}

class Order {
  readonly #home: string;
  readonly #files = new Map<string, Kept>();
  readonly #connections = new Map<string, Connection>();
  readonly #breaches: string[] = [];
  readonly #counts = { batches: 0, sessions: 0, keyChanges: 0, renames: 0, segmentsRemoved: 0 };
  /** Everything durable in the log. */
  #log = "";

  constructor(home: string) {
    this.#home = home;
  }

  begin(call: Call): void {
    if (/^p?write/.test(call.name) && isSocket(call)) this.#answer(call);
    if (call.name === "unlink") this.#remove(call);
  }

  end(call: Call): void {
    const at = target(call);
    if (call.name === "openat") this.#open(call);
    else if (call.name === "rename") this.#rename(call);
    else if (call.name === "read" && isSocket(call)) this.#receive(call);
    else if (/^p?write/.test(call.name)) this.#write(at, call);
    else if (call.name.endsWith("sync")) this.#sync(at, call);
  }

  finish(): OrderReport {
    for (const path of this.#namesAtRisk())
      this.#breach(`nobody ever synced the folder of ${path}`);
    return { breaches: this.#breaches, ...this.#counts };
  }

  #open(call: Call): void {
    const path = this.#ours(texts(call)[0]);
    if (path === undefined || !call.args.includes("O_CREAT") || this.#files.has(path)) return;
    const writesThrough = call.args.includes("O_DSYNC");
    this.#files.set(path, {
      ...{ writesThrough, pieces: [], namedAt: call.end, isNameDurable: false },
    });
  }

  #write(path: string, call: Call): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    const isOfLog = isSegment(path);
    const text = isOfLog ? wholeText(call).slice(0, Number(call.result)) : "";
    const piece = { text, writtenAt: call.end, isDurable: file.writesThrough };
    file.pieces.push(piece);
    if (isOfLog && piece.isDurable && file.isNameDurable) this.#log += text;
  }

  #sync(path: string, { begin }: Call): void {
    const file = this.#files.get(path);
    for (const piece of file?.pieces ?? []) {
      if (piece.isDurable || piece.writtenAt > begin) continue;
      piece.isDurable = true;
      if (isSegment(path) && file?.isNameDurable === true) this.#log += piece.text;
    }
    for (const [at, each] of this.#files) {
      if (dirname(at) !== path || each.isNameDurable || each.namedAt > begin) continue;
      each.isNameDurable = true;
      const durable = each.pieces.filter(({ isDurable }) => isDurable);
      if (isSegment(at)) this.#log += durable.map(({ text }) => text).join("");
    }
  }

  #rename(call: Call): void {
    const [from, to] = texts(call).map((path) => this.#ours(path));
    const file = from === undefined ? undefined : this.#files.get(from);
    if (from === undefined || to === undefined || file === undefined) return;
    this.#files.delete(from);
    this.#files.set(to, { ...file, namedAt: call.end, isNameDurable: false });
    // A pid, say, is of no worth once its process has gone.
    if (!isReplaced(to)) return;
    this.#counts.renames += 1;
    if (file.pieces.some(({ isDurable }) => !isDurable)) {
      this.#breach(`${to} got its name before its bytes were durable`);
    }
  }

  /** What replaces it must be there to stay. */
  #remove(call: Call): void {
    const path = this.#ours(texts(call)[0]);
    if (path === undefined) return;
    this.#files.delete(path);
    if (!isSegment(path) && !path.endsWith(".checkpoint")) return;
    if (isSegment(path)) this.#counts.segmentsRemoved += 1;
    for (const young of this.#namesAtRisk().filter((each) => each.endsWith(".checkpoint"))) {
      this.#breach(`${path} was removed while the name of ${young} could still be lost`);
    }
  }

  #receive(call: Call): void {
    const connection = this.#connection(call);
    connection.received += wholeText(call);
    for (;;) {
      const { received } = connection;
      const headBytes = received.indexOf("\r\n\r\n") + 4;
      if (headBytes < 4) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, headBytes))?.[1]);
      const end = headBytes + (Number.isNaN(length) ? 0 : length);
      if (received.length < end) return;
      const [method = "", path = ""] = received.split(" ", 2);
      const body = received.slice(headBytes, end);
      connection.asked.push({ method, path, body, at: call.end });
      connection.received = received.slice(end);
    }
  }

  #answer(call: Call): void {
    const said = texts(call).join("");
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1]);
    const request = Number.isNaN(status) ? undefined : this.#connection(call).asked.shift();
    if (request === undefined || status >= 400 || request.method === "GET") return;
    const { path } = request;
    const what = `${request.method} ${path}`;
    if (/^\/api\/v\d\/pipe\/ingest\//.test(path)) {
      this.#counts.batches += 1;
      if (!this.#log.includes(request.body)) this.#breach(`${what} was answered too early`);
    } else if (path === ROUTES.sessions) {
      this.#counts.sessions += 1;
      const id = /"session_id":"([^"]+)"/.exec(said)?.[1] ?? "no session";
      if (!this.#log.includes(id)) this.#breach(`${what} was answered too early`);
    } else if (path.startsWith("/api/v1/keys")) {
      this.#counts.keyChanges += 1;
      const keys = this.#files.get(join(this.#home, "keys.json"));
      const isKept = keys?.isNameDurable === true && keys.namedAt > request.at;
      if (!isKept) this.#breach(`${what} was answered before the keys were durable`);
    }
  }

  #connection(call: Call): Connection {
    const name = target(call);
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const connection = { received: "", asked: [] };
    this.#connections.set(name, connection);
    return connection;
  }

  /** Of what was put in its place with a rename. */
  #namesAtRisk(): string[] {
    return [...this.#files]
      .filter(([path, { isNameDurable }]) => !isNameDurable && isReplaced(path))
      .map(([path]) => path);
  }

  /** Undefined for what is not below the home. */
  #ours(path: string | undefined): string | undefined {
    return path?.startsWith(`${this.#home}/`) === true ? path : undefined;
  }

  #breach(sentence: string): void {
    this.#breaches.push(sentence);
  }
}

function isSocket(call: Call): boolean {
  return target(call).startsWith("TCP");
}

function isSegment(path: string): boolean {
  return path.endsWith(".log") && basename(dirname(path)) === "log";
}

/** Files that are written whole under another name first. */
function isReplaced(path: string): boolean {
  return /(?:\.checkpoint|\/keys\.json|\/incarnation)$/.test(path);
}
