import type { Message, MessageSource, Row, Stream } from "@fustor/core";
import { parentPath } from "@fustor/schema-fs";
import type { Conversation } from "./conversation.js";
import type { Host, Look } from "./host.js";
import type { OwnClock } from "./own-clock.js";
import { change, rowOf } from "./rows-told.js";
import type { Strikes } from "./strikes.js";

/** Says what an agent saw, and what it could not see. */
export class Teller {
  readonly #host: Host;
  readonly #clock: OwnClock;
  readonly #talk: Conversation;
  readonly #strikes: Strikes;

  constructor(host: Host, clock: OwnClock, talk: Conversation, strikes: Strikes) {
    this.#host = host;
    this.#clock = clock;
    this.#talk = talk;
    this.#strikes = strikes;
  }

  send(stream: Stream, message: Message): void {
    if (message.kind === "change" && message.upserts.rows.length + message.deletes.length === 0) {
      return;
    }
    this.#talk.say(stream, message);
  }

  lost(reason: string): void {
    const at = this.#clock.now();
    const told = { source: "realtime", startedAt: at, endedAt: at, scope: "/" } as const;
    this.send("realtime", { kind: "lost", ...told, reason });
  }

  rootLost(): void {
    this.cannotRead("/", "ROOT_LOST");
  }

  cannotRead(scope: string, errno: string): void {
    this.#strikes.add(scope === "/" ? "root lost" : "mount met");
    const at = this.#clock.now();
    const told = { source: "on_demand", startedAt: at, endedAt: at, scope } as const;
    this.send("scan", { kind: "unreadable", ...told, errno });
  }

  /** What was to be listed is no directory, or is not there: that is told instead. */
  tellName(path: string, source: MessageSource, look: Look | undefined): void {
    const at = this.#clock.now();
    const upserts: Row[] = look === undefined ? [] : [rowOf(path, look)];
    const deletes = new Set<string>();
    if (look === undefined && path !== "/") this.sayAbsent(path, upserts, deletes);
    const stream = source === "on_demand" ? "realtime" : "scan";
    this.send(stream, change(source, at, upserts, [...deletes], []));
  }

  /** The highest name on the way that is missing says it for all below. */
  sayAbsent(path: string, upserts: Row[], deletes: Set<string>): void {
    let missing = path;
    while (missing !== "/" && this.#host.lstat(parentPath(missing)) === undefined) {
      missing = parentPath(missing);
    }
    const parent = this.#host.lstat(parentPath(missing));
    if (missing === "/" || parent === undefined) return;
    if (parent.isForeign) {
      this.cannotRead(parentPath(missing), "EXDEV");
      return;
    }
    deletes.add(missing);
    const isRowThere = upserts.some(([key]) => key === parentPath(missing));
    if (parent.attributes.type !== "d" && !isRowThere) {
      upserts.push(rowOf(parentPath(missing), parent));
    }
  }
}
