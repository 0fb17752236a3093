import type { Message } from "@fustor/core";
import { joinPath } from "@fustor/schema-fs";
import { listDirectory, type ListingOptions, type Place } from "../listing.js";
import { closedBy } from "../look.js";
import { Pace } from "../pace.js";
import type { Stamp } from "../stamp.js";
import type { Agenda } from "./agenda.js";
import type { Cover } from "./cover.js";
import type { Reopened } from "./reopened.js";

/** Lists single directories whose turn it is, and makes sure that they are watched. */
export class Visits {
  readonly #place: Place;
  readonly #agenda: Agenda;
  readonly #cover: Cover;
  readonly #reopened: Reopened;
  readonly #options: ListingOptions;

  constructor(place: Place, agenda: Agenda, cover: Cover, reopened: Reopened) {
    this.#place = place;
    this.#agenda = agenda;
    this.#cover = cover;
    this.#reopened = reopened;
    this.#options = {
      source: "on_demand",
      pace: new Pace(place.clock),
      sawFile: (path, attributes) => {
        agenda.sawFile(path, attributes);
      },
    };
  }

  /** One directory of each kind at most. */
  async *step(now: number): AsyncGenerator<Message> {
    const { revisits, quiet } = this.#agenda;
    for (const directory of quiet.take(now)) revisits.addNow(directory, now);
    const fresh = this.#agenda.takeFresh() ?? this.#cover.takePostponed(now);
    if (fresh !== undefined) yield* this.#enter(fresh);
    const due = revisits.take(now);
    if (due !== undefined) yield* this.#visit(due.directory, due.stamp, due.tries);
    yield* this.#retryClosed(now);
    yield* this.#patrol(now);
  }

  /** Arms a directory and then lists it: what came before is listed, what comes later is told. */
  async *#enter(directory: string): AsyncGenerator<Message> {
    const ended = this.#agenda.lately.beginListing(directory);
    try {
      const result = await this.#cover.arm(directory);
      if (result === "already" || result === "gone") return;
      yield* this.#list(directory, undefined, 0);
    } finally {
      ended();
    }
  }

  async *#visit(
    directory: string,
    stamp: Stamp | undefined,
    tries: number,
  ): AsyncGenerator<Message> {
    const ended = this.#agenda.lately.beginListing(directory);
    try {
      yield* this.#list(directory, stamp, tries);
    } finally {
      ended();
    }
  }

  async *#list(
    directory: string,
    stamp: Stamp | undefined,
    tries: number,
  ): AsyncGenerator<Message> {
    const { closed, revisits } = this.#agenda;
    const options = { ...this.#options, earlier: stamp };
    const visit = yield* listDirectory(this.#place, directory, options);
    const now = this.#place.clock.now();
    if (visit.state === "absent") {
      this.#cover.disarm(directory);
      this.#agenda.markGone(directory);
      closed.delete(directory);
    } else if (visit.closed) {
      closed.add(directory, now);
    } else if (closed.has(directory)) {
      closed.delete(directory);
      if (!this.#reopened.want(directory)) {
        this.#agenda.lose("too many folders became readable at once");
      }
    }
    for (const { name, ino } of visit.subdirectories) {
      const path = joinPath(directory, name);
      if (!this.#cover.has(path, ino)) this.#agenda.addFresh(path);
    }
    if (visit.again !== undefined && !visit.closed) {
      revisits.addLater(directory, visit.again, tries + 1, now);
    }
  }

  /** Tries the next directory that could not be read. */
  async *#retryClosed(now: number): AsyncGenerator<Message> {
    const directory = this.#agenda.closed.take(now);
    if (directory === undefined) return;
    // As long as nothing has changed, there is nothing new to say.
    if (closedBy(this.#place.root.systemPath(directory)) !== undefined) return;
    await this.#cover.arm(directory);
    yield* this.#visit(directory, undefined, 0);
  }

  /** Looks at the next of the directories that no watch could be had for. */
  async *#patrol(now: number): AsyncGenerator<Message> {
    const next = this.#cover.patrol(now);
    if (next === undefined) return;
    if (next === "everything") {
      this.#agenda.losses.wantWalk(now);
      return;
    }
    await this.#cover.arm(next.directory);
    yield* this.#visit(next.directory, undefined, 0);
  }
}
