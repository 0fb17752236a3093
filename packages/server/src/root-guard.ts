import type { Logger, SourceDescription } from "@fustor/core";
import type { Opening } from "@fustor/protocol";
import { isBelow, isSameLandmark, readLandmarks } from "@fustor/schema-fs";
import type { Roots } from "./roots.js";
import type { LiveSession } from "./session.js";
import type { LiveView } from "./views.js";

/** The agent shows a root that is not the pipe's. */
export class RootRefusedError extends Error {
  override readonly name = "RootRefusedError";
  /** What to do, in a sentence. */
  readonly hint: string;

  /** `reason` says what is wrong, in a sentence. */
  constructor(reason: string, hint: string) {
    super(reason);
    this.hint = hint;
  }
}

/** An agent whose root was not taken. */
export interface RefusedRoot {
  readonly agentId: string;
  readonly uri: string;
  readonly identity: string;
  /** Fusion time of its last try, ms. */
  readonly at: number;
  /** What is wrong, in a sentence. */
  readonly reason: string;
}

/** What is asked of the guard: who comes, with what, and when by Fusion time. */
interface Arrival {
  readonly agentId: string;
  readonly source: SourceDescription;
  readonly now: number;
}

/** Agents try again at least once in so long; who does not has given up. */
const REFUSAL_MS = 120_000;
const REFUSALS_MAX = 1_000;

/**
 * Lets nobody speak of another root than the one that the views of a pipe show. An agent whose root
 * was proven is known by its identity. One that is new is known by landmarks: what a file system is
 * called differs from host to host, what stands in it does not.
 */
export class RootGuard {
  readonly #views: readonly LiveView[];
  readonly #roots: Roots;
  readonly #logger: Logger;
  /** The latest last. Nothing of it outlives the process: who is refused comes again. */
  readonly #refused = new Map<string, RefusedRoot>();

  constructor(views: readonly LiveView[], roots: Roots, logger: Logger) {
    this.#views = views;
    this.#roots = roots;
    this.#logger = logger;
  }

  /**
   * Whether the root is proven to be the one that the views show; false while they show none that
   * it could be held against. Throws `RootRefusedError` for another one.
   */
  check(opening: Opening, sessions: readonly LiveSession[], now: number): boolean {
    const { agentId, taskId, source } = opening;
    const arrival = { agentId, source, now };
    const twin = sessions.find(
      (each) =>
        each.speaker.agentId === agentId &&
        each.taskId !== taskId &&
        each.speaker.source.identity !== source.identity,
    );
    if (twin !== undefined) throw this.#refuseTwin(arrival, twin);
    const known = this.#roots.get(agentId);
    if (known?.proven !== true) return this.prove(arrival);
    if (known.identity === source.identity) {
      this.forget(agentId);
      return true;
    }
    throw this.#refuse(
      arrival,
      `The agent ${agentId} shows another root than before: ${source.identity} in place of ` +
        `${known.identity}. The view ${this.#names} stays as it was.`,
    );
  }

  /** The same for an agent of which nothing is known yet. */
  prove(arrival: Arrival): boolean {
    const { agentId, source } = arrival;
    const isUnique = source.facts["identity_unique"] === true;
    const isProven =
      (isUnique && this.#roots.isProven(source.identity)) || this.#isFamiliar(arrival);
    this.forget(agentId);
    return isProven;
  }

  /** Who was refused lately, as of Fusion time `now`. */
  refused(now: number): readonly RefusedRoot[] {
    return [...this.#refused.values()].filter(({ at }) => now - at <= REFUSAL_MS);
  }

  forget(agentId: string): void {
    this.#refused.delete(agentId);
  }

  get #names(): string {
    return this.#views.map(({ id }) => id).join(", ");
  }

  /**
   * True when the views know half of the landmarks at least, false where nothing can be said:
   * without landmarks, or before a snapshot. Throws `RootRefusedError` when they know fewer.
   */
  #isFamiliar(arrival: Arrival): boolean {
    const { agentId, source, now } = arrival;
    const all = source.landmarks && readLandmarks(source.landmarks);
    if (all === undefined) return false;
    let isFamiliar = false;
    for (const { id, fs } of this.#views) {
      if (!fs.readiness().ready || fs.page("/", undefined, 1)?.length !== 1) continue;
      const closed = closedIn(fs);
      const landmarks = all.filter(({ path }) => !closed.some((scope) => isBelow(path, scope)));
      if (landmarks.length === 0 && all.length > 0) continue;
      const known = landmarks.filter((each) =>
        isSameLandmark(each, fs.node(each.path), now),
      ).length;
      if (known > 0 && known * 2 >= landmarks.length) {
        isFamiliar = true;
        continue;
      }
      const what =
        landmarks.length === 0
          ? "a folder in which nothing is reported"
          : `a folder of which the view knows ${String(known)} of ${String(landmarks.length)} names`;
      throw this.#refuse(
        arrival,
        `The agent ${agentId} is new and shows ${what}: that is not the root of the view ${id}.`,
      );
    }
    return isFamiliar;
  }

  #refuse(arrival: Arrival, reason: string): RootRefusedError {
    const [view] = this.#views;
    const hint =
      "Give it the folder that the pipe's other agents watch, or a pipe of its own; or, if it is the " +
      `right one: fustor roots accept ${arrival.agentId} --view ${view?.id.split("/")[0] ?? ""}`;
    return this.#note(arrival, reason, hint);
  }

  /** Views hear an agent of one root: to accept one of two would shut out the other. */
  #refuseTwin(arrival: Arrival, { taskId, speaker }: LiveSession): RootRefusedError {
    const reason =
      `Two pipes of the agent ${arrival.agentId} show different folders: this one ` +
      `${arrival.source.uri}, ${taskId} shows ${speaker.source.uri}.`;
    return this.#note(arrival, reason, "Give each a pipe of its own in Fusion, with its own key.");
  }

  #note(
    { agentId, source: { uri, identity }, now: at }: Arrival,
    reason: string,
    hint: string,
  ): RootRefusedError {
    const isNews = this.#refused.get(agentId)?.reason !== reason;
    this.#refused.delete(agentId);
    this.#refused.set(agentId, { agentId, uri, identity, at, reason });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > REFUSALS_MAX && oldest !== undefined) this.#refused.delete(oldest);
    if (isNews) this.#logger.warn({ agent: agentId, uri, identity }, reason);
    return new RootRefusedError(reason, hint);
  }
}

/** Where the view knows nothing because nobody could read it. A root that is away was read before. */
function closedIn(fs: LiveView["fs"]): string[] {
  return [...fs.gaps()].flatMap(({ kind, scope }) =>
    kind === "unreadable" && scope !== "/" ? [scope] : [],
  );
}
