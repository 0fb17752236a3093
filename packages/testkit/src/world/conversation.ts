import type { Message, Stream } from "@fustor/core";
import { joinPath } from "@fustor/schema-fs";
import type { AgentSetting } from "./agent-setting.js";
import type { ClockReading, Orders, Standing } from "./fusion.js";
import { OwnClock } from "./own-clock.js";
import type { Course } from "./timeline.js";

const HEARTBEAT_MS = 5_000;
const BUFFER_MAX = 40;
const BATCH_MAX = 12;

interface Lane {
  readonly waiting: Message[];
  /** The batch that was sent and not acknowledged: it is sent again as it is. */
  underWay: { readonly messages: readonly Message[]; readonly seq: number } | undefined;
  seq: number;
}

/** What the conversation tells its agent. */
export interface Ears {
  lives(): boolean;
  /** What was to be told did not fit any more: no more is told than that it is lost. */
  missed(): void;
  wanted(directories: readonly string[]): void;
  asked(probes: readonly string[], listings: readonly string[]): void;
}

/** An agent's session: opens, beats, sends what is said in numbered batches, one at a time. */
export class Conversation {
  readonly #setting: AgentSetting;
  readonly #clock: OwnClock;
  readonly #bootId: string;
  readonly #ears: Ears;
  #lanes: Record<Stream, Lane> = { realtime: newLane(), scan: newLane() };
  #reading: ClockReading | undefined;
  #standing: Standing | undefined;
  #isOpening = false;
  /** Heartbeats that were sent, and the latest of them that was answered. */
  #beats = 0;
  #answered = 0;
  /** Rises when what is under way no longer counts. */
  #turn = 0;

  constructor(setting: AgentSetting, clock: OwnClock, bootId: string, ears: Ears) {
    this.#setting = setting;
    this.#clock = clock;
    this.#bootId = bootId;
    this.#ears = ears;
    setting.timeline.follow(this.#beat(), () => ears.lives());
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  get isIdle(): boolean {
    return Object.values(this.#lanes).every(
      ({ waiting, underWay }) => waiting.length === 0 && underWay === undefined,
    );
  }

  /** True while walks had better wait: what they find is not lost for want of room. */
  get isFull(): boolean {
    return this.#lanes.scan.waiting.length > BUFFER_MAX / 2;
  }

  carries(touches: (path: string) => boolean): boolean {
    const { waiting, underWay } = this.#lanes.realtime;
    const messages = [...waiting, ...(underWay?.messages ?? [])];
    return messages.some((message) => message.kind === "lost" || namesIn(message).some(touches));
  }

  say(stream: Stream, message: Message): void {
    const { waiting } = this.#lanes[stream];
    if (waiting.length >= BUFFER_MAX) {
      this.#setting.strikes.add("buffer full");
      this.#ears.missed();
      const { startedAt, endedAt } = message;
      waiting.splice(0, waiting.length, {
        ...{ kind: "lost", source: "realtime", startedAt, endedAt, scope: "/" },
        reason: "full buffer",
      });
      return;
    }
    waiting.push(message);
    this.#send(stream);
  }

  /**
   * The machine stood still: what was seen before is no fact any more, and what is under way must
   * not be timed by the clock of afterwards, so the session ends. Returns the names to look at
   * again.
   */
  suspend(): readonly string[] {
    const names = new Set<string>();
    for (const lane of Object.values(this.#lanes)) {
      const untold = [...(lane.underWay?.messages ?? []), ...lane.waiting];
      for (const message of untold) for (const name of namesIn(message)) names.add(name);
    }
    this.#lanes = { realtime: newLane(), scan: newLane() };
    this.#reading = undefined;
    this.#standing = undefined;
    this.#turn += 1;
    return [...names];
  }

  *#beat(): Course {
    const { chance } = this.#setting;
    for (;;) {
      if (!this.#clock.isPaused) {
        if (this.#standing === undefined) this.#open();
        else this.#heartbeat(this.#standing);
      }
      yield this.#standing === undefined ? chance.between(500, 3_000) : HEARTBEAT_MS;
    }
  }

  /** Reads the clocks, then opens: a reading is needed before anything is said. */
  #open(): void {
    const { link, fusion, host, strikes, identity, exclude, digestFields } = this.#setting;
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#readClock((reading) => {
      if (reading === undefined) {
        this.#isOpening = false;
        return;
      }
      const isLocal = host.lagMs === 0;
      const facts = {
        ...(isLocal ? { network: false } : { attribute_cache_sec: host.lagMs / 1_000 }),
        ...(digestFields === undefined ? {} : { digest_fields: digestFields }),
      };
      const scope = { filePattern: "*", exclude };
      const source = { schema: "fs", uri: `host://${host.id}`, identity, scope, facts };
      const request = { agentId: host.id, bootId: this.#bootId, source, ...reading };
      link.call(
        () => (this.#ears.lives() ? fusion.open(request) : undefined),
        (standing) => {
          this.#isOpening = false;
          if (!this.#ears.lives() || standing === undefined) return;
          strikes.add("session opened");
          this.#standing = standing;
          this.#turn += 1;
          for (const stream of ["realtime", "scan"] as const) {
            const lane = this.#lanes[stream];
            lane.seq = 0;
            const again = lane.underWay?.messages ?? [];
            lane.underWay = undefined;
            lane.waiting.unshift(...again);
            this.#send(stream);
          }
        },
      );
    });
  }

  #readClock(then: (reading: ClockReading | undefined) => void): void {
    const { link, fusion } = this.#setting;
    const sentAt = this.#clock.now();
    const turn = this.#turn;
    link.call(
      () => fusion.time(),
      (answeredAt) => {
        if (!this.#ears.lives()) return;
        if (answeredAt === undefined || turn !== this.#turn || this.#clock.isPaused) {
          then(undefined);
          return;
        }
        this.#reading = OwnClock.compare(sentAt, answeredAt, this.#clock.now());
        then(this.#reading);
      },
    );
  }

  /** Brings the last reading of the clocks, and takes orders. */
  #heartbeat({ sessionId }: Standing): void {
    const { link, fusion } = this.#setting;
    this.#readClock((reading) => {
      if (reading === undefined) return;
      this.#beats += 1;
      const beat = this.#beats;
      link.call(
        () => fusion.heartbeat(sessionId, reading),
        (reply) => {
          if (!this.#ears.lives() || this.#standing?.sessionId !== sessionId) return;
          // Agents wait for one answer before they ask again: no older one comes behind a newer.
          if (beat < this.#answered) return;
          this.#answered = beat;
          if (reply === "unknown") this.#standing = undefined;
          else if (reply !== undefined) this.#obey(reply);
        },
      );
    });
  }

  #obey({ probes, listings, ...standing }: Orders): void {
    this.#standing = standing;
    if (this.#clock.isPaused) return;
    if (probes.length + listings.length > 0) this.#ears.asked(probes, listings);
    for (const stream of ["realtime", "scan"] as const) this.#send(stream);
  }

  #send(stream: Stream): void {
    const lane = this.#lanes[stream];
    const { chance, timeline } = this.#setting;
    if (lane.underWay !== undefined || lane.waiting.length === 0) return;
    if (this.#standing === undefined || this.#reading === undefined || this.#clock.isPaused) return;
    lane.seq += 1;
    const { seq } = lane;
    lane.underWay = { messages: [], seq };
    const turn = this.#turn;
    // A moment in which more may come along.
    timeline.after(chance.between(0, 20), () => {
      if (turn !== this.#turn || lane.underWay?.seq !== seq) {
        return;
      }
      lane.underWay = { messages: lane.waiting.splice(0, 1 + chance.below(BATCH_MAX)), seq };
      this.#post(stream, seq);
    });
  }

  #post(stream: Stream, seq: number): void {
    const { link, fusion, timeline, chance } = this.#setting;
    const lane = this.#lanes[stream];
    const messages = lane.underWay?.messages;
    const standing = this.#standing;
    const turn = this.#turn;
    if (!this.#ears.lives() || messages === undefined || lane.underWay?.seq !== seq) return;
    if (standing === undefined || this.#reading === undefined || this.#clock.isPaused) {
      timeline.after(1_000, () => {
        if (turn === this.#turn) this.#post(stream, seq);
      });
      return;
    }
    const { sessionId, epoch } = standing;
    link.call(
      () => fusion.ingest({ sessionId, epoch, stream, seq, messages }),
      (reply) => {
        if (!this.#ears.lives() || turn !== this.#turn) return;
        if (reply === "unknown") {
          if (this.#standing?.sessionId === sessionId) this.#standing = undefined;
        } else if (reply === undefined) {
          timeline.after(chance.between(200, 4_000), () => {
            if (turn === this.#turn) this.#post(stream, seq);
          });
        } else {
          lane.underWay = undefined;
          if (reply.wanted.length > 0) this.#ears.wanted(reply.wanted);
          this.#send(stream);
        }
      },
    );
  }
}

function newLane(): Lane {
  return { waiting: [], underWay: undefined, seq: 0 };
}

/** The names that a message speaks of. */
function namesIn(message: Message): string[] {
  switch (message.kind) {
    case "change": {
      const rows = message.upserts.rows.map(([key]) => String(key));
      return [...rows, ...message.deletes, ...(message.moves ?? []).flat()];
    }
    case "listing":
      return message.entries.rows.map(([name]) => joinPath(message.scope, String(name)));
    case "digest":
    case "unreadable":
    case "lost":
    case "mark":
      return [];
  }
}
