import type { MarkMessage, Message, Stream } from "@fustor/core";
import { isValidPath } from "@fustor/schema-fs";
import { applyChange } from "./change.js";
import { applyDigest } from "./digest.js";
import { evidenceOf, type Evidence } from "./evidence.js";
import { loseBy } from "./horizon.js";
import { applyListing } from "./listing.js";
import { Parts } from "./parts.js";
import { beginning, noteEnd, type Progress } from "./progress.js";
import { recycleVoices } from "./recycle.js";
import { RULE } from "./rules.js";
import type { Session } from "./sessions.js";
import type { Speakers } from "./speakers.js";
import { Walks } from "./walks.js";
import type { World } from "./world.js";

/** A listing speaks of its rows, of its directory, and of what is above. */
const VOICES_PER_MESSAGE = 3;

/** What messages come to: all that a reset forgets. */
export class Hearing {
  readonly world: World;
  readonly parts = new Parts();
  readonly walks = new Walks();
  readonly progress: Progress = beginning();
  readonly #speakers: Speakers;

  constructor(world: World, speakers: Speakers) {
    this.world = world;
    this.#speakers = speakers;
  }

  /** One message, which arrives at Fusion time `at`. */
  hear(session: Session, stream: Stream, message: Message, at: number): void {
    const { world, progress } = this;
    if ("scope" in message && !isValidPath(message.scope)) return;
    if (world.voices.room < VOICES_PER_MESSAGE) recycleVoices(world, this.#speakers.sessions);
    const E = evidenceOf(session, stream, message, at);
    // Rule 7: what is not the root says nothing of it.
    if (!this.#speakers.agents.isOfRoot(session.speaker)) {
      world.counts.add(RULE.foreignRoot);
      this.#cannotRead("/", "root-mismatch", E);
      return;
    }
    if (isFenced(session, message)) {
      world.counts.add(RULE.fenced);
      return;
    }
    this.#judge(session.speaker.sessionId, message, E);
    if (message.kind === "mark") return;
    const { lastEvidenceAt = -Infinity } = progress;
    const endedAt = Math.min(at, Math.max(message.endedAt, message.startedAt) + session.offset);
    progress.lastEvidenceAt = Math.max(lastEvidenceAt, endedAt);
  }

  /** What the session has under way does not go on. */
  interrupt(sessionId: string): void {
    this.walks.interrupt(sessionId);
    this.parts.interrupt(sessionId);
  }

  #judge(sessionId: string, message: Message, E: Evidence): void {
    const { world, walks, parts } = this;
    switch (message.kind) {
      case "change":
        applyChange(world, message, E);
        return;
      case "listing": {
        const whole = parts.collect(sessionId, E.stream, message, E);
        if (whole === undefined) return;
        walks.listed(sessionId, message.scope);
        if (whole.parts.length > 1) world.counts.add(RULE.inParts);
        applyListing(world, whole.parts, whole.E);
        return;
      }
      case "digest":
        if (applyDigest(world, message, E)) walks.listed(sessionId, message.scope);
        else walks.unconfirmed(sessionId, message.scope);
        return;
      case "unreadable":
        walks.unreadable(sessionId, message.scope);
        this.#cannotRead(message.scope, message.errno, E);
        return;
      case "lost":
        loseBy(world, message, E);
        return;
      case "mark":
        this.#mark(sessionId, message);
    }
  }

  #cannotRead(scope: string, errno: string, E: Evidence): void {
    const { world } = this;
    world.counts.add(RULE.unreadableScope);
    world.gaps.cannotRead(scope, errno, E);
    world.changed = true;
  }

  #mark(sessionId: string, message: MarkMessage): void {
    const { world, walks } = this;
    if (message.edge === "end") {
      const walk = walks.end(sessionId, message);
      if (noteEnd(this.progress, walk, world.at)) world.changed = true;
      return;
    }
    const { files, directories } = world.tree.count;
    world.brake.beginCycle(files + directories);
    walks.begin(sessionId, message);
  }
}

/** A message that only a leader may send. A `lost` is heard from everybody: it takes nothing away. */
function isFenced({ role }: Session, { kind, source }: Message): boolean {
  if (role === "leader" || kind === "lost") return false;
  return source === "snapshot" || source === "audit" || source === "sentinel";
}
