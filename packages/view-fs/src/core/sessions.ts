import type { Role, Speaker, Stream } from "@fustor/core";
import { EVERYTHING, readScope, type SaidScope } from "./said-scope.js";
import type { Manner, Voice } from "./voices.js";

/** What an agent's file system is taken to cache for when the agent does not say, in seconds. */
const UNKNOWN_LAG_SEC = 60;

/** Gives a voice its number. */
export type AddVoice = (voice: Omit<Voice, "number">) => Voice;

/** A session in a checkpoint. */
export interface SessionCopy {
  readonly speaker: Speaker;
  readonly offset: number;
  readonly error: number;
  readonly role: Role;
  readonly voices: readonly (readonly [key: string, voice: Voice])[];
}

/** What a session speaks by: texts made once, because every message asks for one. */
const KEYS = { realtime: keysOf("realtime"), scan: keysOf("scan") };

function keysOf(stream: Stream): Readonly<Record<Manner, string>> {
  const [event, probe, row] = [`${stream} event`, `${stream} probe`, `${stream} row`];
  return { event, probe, row, self: `${stream} self`, above: `${stream} above` };
}

/** An open session: what its evidence is made of. */
export class Session {
  readonly speaker: Speaker;
  readonly scope: SaidScope;
  /** True when its scope leaves nothing out. */
  readonly isWhole: boolean;
  readonly lag: number;
  readonly #addVoice: AddVoice;
  readonly #voices = new Map<string, Voice>();
  #offset: number;
  #error: number;
  #role: Role = "follower";

  constructor(speaker: Speaker, addVoice: AddVoice) {
    const { scope, facts } = speaker.source;
    const { network, attribute_cache_sec: stated } = facts;
    const seconds = typeof stated === "number" && stated >= 0 ? stated : UNKNOWN_LAG_SEC;
    this.speaker = speaker;
    this.scope = readScope(scope);
    this.isWhole = this.scope === EVERYTHING;
    this.lag = network === false ? 0 : seconds * 1_000;
    this.#addVoice = addVoice;
    this.#offset = speaker.clockOffsetMs;
    this.#error = speaker.clockErrorMs;
  }

  /** A session follows until it is told to lead. */
  get role(): Role {
    return this.#role;
  }

  set role(role: Role) {
    if (role !== this.#role) this.forgetVoices();
    this.#role = role;
  }

  /** Add to the agent's time to get Fusion's, in ms, as of the last comparison. */
  get offset(): number {
    return this.#offset;
  }

  get error(): number {
    return this.#error;
  }

  setClock(offset: number, error: number): void {
    if (offset !== this.#offset || error !== this.#error) this.forgetVoices();
    this.#offset = offset;
    this.#error = error;
  }

  /** How this session speaks now. With an offset of its own it is the voice of one message. */
  voice(stream: Stream, manner: Manner, offset?: number): Voice {
    const key = KEYS[stream][manner];
    const known = offset === undefined ? this.#voices.get(key) : undefined;
    if (known !== undefined) return known;
    const { agentId, bootId } = this.speaker;
    const boot = `${agentId} ${bootId}`;
    const voice = this.#addVoice({
      host: agentId,
      boot,
      manner,
      // What is above a listing is not ordered by the listings' order.
      order: manner === "above" ? "" : `${boot} ${key}`,
      offset: offset ?? this.#offset,
      error: this.#error,
      lag: this.lag,
      scope: this.scope,
      byLeader: this.#role === "leader",
    });
    if (offset === undefined) this.#voices.set(key, voice);
    return voice;
  }

  /** Voices have other numbers from now on. */
  forgetVoices(): void {
    this.#voices.clear();
  }

  copy(): SessionCopy {
    const [offset, error, role] = [this.#offset, this.#error, this.#role];
    return { speaker: this.speaker, offset, error, role, voices: [...this.#voices] };
  }

  restore({ offset, error, role, voices }: SessionCopy): void {
    this.#offset = offset;
    this.#error = error;
    this.#role = role;
    for (const [key, voice] of voices) this.#voices.set(key, voice);
  }
}
