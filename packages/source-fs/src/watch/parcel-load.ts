import type { Clock } from "@fustor/core";

/**
 * parcel swallows the kernel's overflow. The kernel's queue holds 16,384 events and one file causes
 * several: so many different files told at once mean that it may have been full.
 */
const BURST_EVENTS = 4096;
/** Reports closer together than this belong to one burst. */
const BURST_GAP_MS = 100;
/** Under load parcel reports every half second; a longer silence means that it was held up. */
const SILENCE_MS = 700;
const LOAD_EVENTS = 1000;
/** While a subscription is made, parcel reads no events. */
const SUBSCRIBE_MS = 300;

/** Infers from how much parcel tells, and when, that it may have lost something. */
export class ParcelLoad {
  readonly #clock: Clock;
  readonly #onOverflow: (reason: string) => void;
  #burst = { events: 0, lastAt: -Infinity, told: false };

  constructor(clock: Clock, onOverflow: (reason: string) => void) {
    this.#clock = clock;
    this.#onOverflow = onOverflow;
  }

  /** So many events have just been told. */
  count(events: number): void {
    const now = this.#clock.now();
    const silence = now - this.#burst.lastAt;
    const wasLoaded = this.#burst.events >= LOAD_EVENTS;
    if (silence > BURST_GAP_MS) this.#burst = { events: 0, lastAt: now, told: false };
    this.#burst.lastAt = now;
    this.#burst.events += events;
    if (this.#burst.told) return;
    const isFull = this.#burst.events >= BURST_EVENTS;
    const wasHeldUp = wasLoaded && silence > SILENCE_MS && this.#burst.events >= LOAD_EVENTS;
    if (!isFull && !wasHeldUp) return;
    this.#burst.told = true;
    this.#onOverflow(isFull ? "parcel told very many events at once" : "parcel was held up");
  }

  /** A subscription that was asked for at `startedAt` has just been made. */
  subscribed(startedAt: number): void {
    const now = this.#clock.now();
    const isBusy = this.#burst.lastAt > startedAt - SILENCE_MS && this.#burst.events >= LOAD_EVENTS;
    if (isBusy && now - startedAt > SUBSCRIBE_MS) {
      this.#onOverflow("parcel was held up by a subscription");
    }
  }
}
