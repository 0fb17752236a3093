import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import type { Options } from "@parcel/watcher";

/** With so many events on their way to us, the process drops further ones, and says so. */
const EVENTS_UNDERWAY = 200_000;

/** Subscriptions are given up when no new one was wanted for this long ... */
const CALM_MS = 50;
/** ... or so many are to be given up. */
const LEAVING_MAX = 10_000;

/** What the process is told. */
type Order =
  | {
      readonly kind: "subscribe";
      readonly id: number;
      readonly path: string;
      readonly options: Options;
    }
  | { readonly kind: "unsubscribe"; readonly id: number; readonly urgent: boolean };

/** What it says: the answer to an order, events as path and type in turn, or that it dropped some. */
type Report =
  | { readonly kind: "done"; readonly id: number; readonly error: string | undefined }
  | { readonly kind: "events"; readonly id: number; readonly events: readonly string[] }
  | { readonly kind: "broken"; readonly id: number }
  | { readonly kind: "dropped" };

/** Plain text, so that it runs alike from the sources, from a bundle and from an installed package. */
const PROGRAM = `
"use strict";
const parcel = require(process.argv[1]);
const subscriptions = new Map();
let underway = 0;
let dropped = false;

function tell(report, weight) {
  underway += weight;
  process.send(report, () => {
    underway -= weight;
    if (!dropped || underway > 0) return;
    dropped = false;
    process.send({ kind: "dropped" }, ignore);
  });
}

// What parcel could not give up it keeps by the path, with what stood there, and watches nothing when
// that path is wanted again. So no path is used twice: the number, in binary, with / for 0 and /. for 1.
const isPosix = process.platform !== "win32";
if (isPosix) require("node:path").resolve = (path) => path;
function alias(id) {
  return isPosix ? id.toString(2).replaceAll("0", "/").replaceAll("1", "/.") : "";
}

async function subscribe({ id, path, options }) {
  const prefix = alias(id);
  const told = (error, events) => {
    if (error !== null) return tell({ kind: "broken", id }, 0);
    if (underway > ${String(EVENTS_UNDERWAY)}) dropped = true;
    else {
      const told = events.flatMap((e) => [e.path.slice(prefix.length), e.type]);
      tell({ kind: "events", id, events: told }, events.length + 1);
    }
  };
  subscriptions.set(id, await parcel.subscribe(prefix + path, told, options));
}

async function unsubscribe(id) {
  const subscription = subscriptions.get(id);
  subscriptions.delete(id);
  await subscription?.unsubscribe();
}

// Giving one up takes the longer the more there are, and holds up new ones: one after the other,
// when no new one has been wanted for a moment, or too many wait.
const leaving = new Set();
let isLeaving = false;
let wantedAt = 0;
async function leave() {
  if (isLeaving) return;
  isLeaving = true;
  for (const id of leaving) {
    while (leaving.size < ${String(LEAVING_MAX)} && performance.now() - wantedAt < ${String(CALM_MS)}) {
      await new Promise((resolve) => setTimeout(resolve, ${String(CALM_MS)}));
    }
    if (leaving.delete(id)) await answer(id, unsubscribe(id));
  }
  isLeaving = false;
}

function answer(id, work) {
  return work.then(
    () => tell({ kind: "done", id }, 0),
    (error) => tell({ kind: "done", id, error: String(error && error.message) }, 0),
  );
}

function obey(order) {
  const { id } = order;
  if (order.kind === "subscribe") {
    wantedAt = performance.now();
    return void answer(id, subscribe(order));
  }
  if (!order.urgent) {
    leaving.add(id);
    return void leave();
  }
  if (leaving.delete(id)) answer(id, unsubscribe(id));
}

const ignore = () => {};
process.on("SIGINT", ignore);
process.on("SIGTERM", ignore);
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", obey);
`;

export interface ParcelProcessEvents {
  /** Paths and types in turn. Empty when something came and went between two reports. */
  readonly onEvents: (id: number, events: readonly string[]) => void;
  /** The subscription has ended by itself. */
  readonly onBroken: (id: number) => void;
  /** Reports were dropped. */
  readonly onDropped: () => void;
  /** Called once if the process ends without having been asked to. */
  readonly onDeath: (error: Error) => void;
}

/**
 * parcel in a process of its own: giving up many subscriptions takes it minutes, during which the
 * loop of its process stands still; ending the process takes nothing.
 */
export class ParcelProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #orders = new Map<number, (error: string | undefined) => void>();
  #closing = false;
  #ids = 0;

  constructor({ onEvents, onBroken, onDropped, onDeath }: ParcelProcessEvents) {
    const parcelPath = createRequire(import.meta.url).resolve("@parcel/watcher");
    this.#child = spawn(process.execPath, ["-e", PROGRAM, parcelPath], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#child.on("message", (report: Report) => {
      if (report.kind === "done") this.#finish(report.id, report.error);
      else if (this.#closing) return;
      else if (report.kind === "events") onEvents(report.id, report.events);
      else if (report.kind === "broken") onBroken(report.id);
      else onDropped();
    });
    this.#ended = new Promise((resolve) => {
      const end = (why: string) => {
        resolve();
        for (const id of [...this.#orders.keys()]) this.#finish(id, why);
        if (this.#closing) return;
        this.#closing = true;
        onDeath(new Error(`The process that runs parcel has ended: ${why}.`));
      };
      this.#child.once("error", (error) => {
        end(error.message);
      });
      this.#child.once("exit", (code, signal) => {
        end(signal ?? `exit code ${String(code)}`);
      });
    });
  }

  /** Watches `path` and returns the subscription's id. Rejects with parcel's words. */
  async subscribe(path: string, options: Options): Promise<number> {
    this.#ids += 1;
    const id = this.#ids;
    const error = await this.#order({ kind: "subscribe", id, path, options });
    if (error !== undefined) throw new Error(error);
    return id;
  }

  /**
   * Gives a subscription up. For a directory that is gone parcel says that it cannot: nothing is
   * left then either.
   */
  async unsubscribe(id: number): Promise<void> {
    await this.#order({ kind: "unsubscribe", id, urgent: false });
  }

  /** Lets a subscription that is being given up go first. */
  hurry(id: number): void {
    if (!this.#orders.has(id) || !this.#child.connected) return;
    this.#child.send({ kind: "unsubscribe", id, urgent: true } satisfies Order, () => undefined);
  }

  /** Ends the process with all its subscriptions. May be called twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #order(order: Order): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (!this.#child.connected) {
        resolve("the process has ended");
        return;
      }
      this.#orders.set(order.id, resolve);
      this.#child.send(order, (error) => {
        if (error !== null) this.#finish(order.id, error.message);
      });
    });
  }

  #finish(id: number, error: string | undefined): void {
    this.#orders.get(id)?.(error);
    this.#orders.delete(id);
  }
}
