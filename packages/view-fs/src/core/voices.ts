import type { SaidScope } from "./said-scope.js";

/** In what manner a name was seen; a listing speaks of its rows, of itself, and of what is above. */
export type Manner = "event" | "probe" | "row" | "self" | "above";

/**
 * All of a piece of evidence but its time: who saw, how, and how that agent's time maps to Fusion's.
 * A node keeps no more than a voice's number and the agent's own time, so that the order within one
 * boot stays exact.
 */
export interface Voice {
  /** For the columns of the tree; 0 is nobody. */
  readonly number: number;
  readonly host: string;
  readonly boot: string;
  readonly manner: Manner;
  /** Same boot, stream and manner: what is ordered by arrival. */
  readonly order: string;
  /** Add to the agent's time to get Fusion's, in ms. */
  readonly offset: number;
  /** By how much that may be wrong, either way, in ms. */
  readonly error: number;
  /** How old the answers of the host's file system may be, in ms. */
  readonly lag: number;
  /** What the speaker reports at all: of other names its silence says nothing. */
  readonly scope: SaidScope;
  readonly byLeader: boolean;
}

export const VOICES_MAX = 65_535;

/** Older than all evidence there is. */
export const NOBODY: Voice = {
  number: 0,
  host: "",
  boot: "",
  manner: "probe",
  order: "",
  offset: 0,
  error: 0,
  lag: 0,
  scope: { admits: () => false, said: {} },
  byLeader: false,
};

/** In a checkpoint; the first one is nobody. */
export interface VoicesCopy {
  readonly byNumber: readonly Voice[];
  readonly free: readonly number[];
}

/** The voices that nodes rest on, by number. */
export class Voices {
  readonly #max: number;
  readonly #byNumber: Voice[] = [NOBODY];
  #free: number[] = [];

  constructor(max = VOICES_MAX) {
    this.#max = max;
  }

  /** How many more may be added: see `recycle`. */
  get room(): number {
    return this.#free.length + this.#max + 1 - this.#byNumber.length;
  }

  get(number: number): Voice {
    return this.#byNumber[number] ?? NOBODY;
  }

  add(voice: Omit<Voice, "number">): Voice {
    const number = this.#free.pop() ?? this.#byNumber.length;
    const numbered = { ...voice, number };
    this.#byNumber[number] = numbered;
    return numbered;
  }

  copy(): VoicesCopy {
    return { byNumber: [...this.#byNumber], free: [...this.#free] };
  }

  restore({ byNumber, free }: VoicesCopy): void {
    for (const [number, voice] of byNumber.entries()) {
      if (number > 0) this.#byNumber[number] = voice;
    }
    this.#free = [...free];
  }

  /**
   * Frees the numbers that are not `used`. Where more than half of all are, the voices that one
   * agent's boot has in one manner become one, or even those of all boots of a host: its time is
   * the latest and its error the largest, so that what rests on it yields to less than before.
   * Returns what number each is now.
   */
  recycle(used: ReadonlySet<number>): (number: number) => number {
    const becomes = new Map<number, number>();
    let kept: ReadonlySet<number> = used;
    for (const alike of [sameBoot, sameHost]) {
      if (kept.size * 2 <= this.#max) break;
      const folded = this.#fold(kept, alike);
      for (const number of used) {
        const now = becomes.get(number) ?? number;
        becomes.set(number, folded.get(now) ?? now);
      }
      kept = new Set(folded.values());
    }
    this.#free = [];
    for (let number = this.#byNumber.length - 1; number > 0; number -= 1) {
      if (!kept.has(number)) this.#free.push(number);
    }
    return (number) => becomes.get(number) ?? number;
  }

  #fold(used: ReadonlySet<number>, alike: (voice: Voice) => Partial<Voice>): Map<number, number> {
    const groups = new Map<string, Voice>();
    const becomes = new Map<number, number>();
    for (const number of [...used].sort((a, b) => a - b)) {
      const voice = { ...this.get(number), ...alike(this.get(number)) };
      if (number === 0) continue;
      const { boot, order, host, manner, byLeader } = voice;
      const key = JSON.stringify([boot, order, host, manner, byLeader]);
      const first = groups.get(key) ?? voice;
      const offset = Math.max(first.offset, voice.offset);
      const folded = { ...first, offset, error: Math.max(first.error, voice.error) };
      groups.set(key, folded);
      this.#byNumber[folded.number] = folded;
      becomes.set(number, folded.number);
    }
    return becomes;
  }
}

function sameBoot(): Partial<Voice> {
  return {};
}

/** Of no boot that there is: compared by Fusion's time alone. */
function sameHost(): Partial<Voice> {
  return { boot: "", order: "", byLeader: false };
}
