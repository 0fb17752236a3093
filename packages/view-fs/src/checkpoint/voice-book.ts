import { readScope, type SaidScope } from "../core/said-scope.js";
import { NOBODY, type Voice } from "../core/voices.js";

/** A voice as a line of a checkpoint: its scope is a line of its own, by number. */
type VoiceLine = Omit<Voice, "scope"> & { readonly scope: number };

/**
 * Numbers the voices that a checkpoint mentions. Those in use have their own numbers; others stand
 * behind them: a tombstone keeps its voice when the number goes to another.
 */
export class VoiceBook {
  readonly #voices: Voice[];
  readonly #others = new Map<Voice, number>();

  /** `inUse`: by number. */
  constructor(inUse: readonly Voice[]) {
    this.#voices = [...inUse];
  }

  numberOf(voice: Voice): number {
    if (this.#voices[voice.number] === voice) return voice.number;
    const known = this.#others.get(voice);
    if (known !== undefined) return known;
    const number = this.#voices.push(voice) - 1;
    this.#others.set(voice, number);
    return number;
  }

  /** All that were numbered, but for nobody, and their scopes. */
  lines(): {
    readonly voices: readonly VoiceLine[];
    readonly scopes: readonly SaidScope["said"][];
  } {
    const scopes = new Map<SaidScope, number>();
    const voices = this.#voices.slice(1).map((voice): VoiceLine => {
      const scope = scopes.get(voice.scope) ?? scopes.size;
      scopes.set(voice.scope, scope);
      return { ...voice, scope };
    });
    return { voices, scopes: Array.from(scopes.keys(), ({ said }) => said) };
  }
}

/** The voices of such lines, by the numbers of the book. */
export function readVoices(voices: Iterable<unknown>, scopes: Iterable<unknown>): Voice[] {
  const read = Array.from(scopes, (said) => readScope(said as SaidScope["said"]));
  const byNumber = [NOBODY];
  for (const line of voices) {
    const voice = line as VoiceLine;
    const scope = read[voice.scope];
    if (scope === undefined) throw new Error("A voice has no scope");
    byNumber.push({ ...voice, scope });
  }
  return byNumber;
}
