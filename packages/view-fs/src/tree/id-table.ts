const LEAST_SLOTS = 16;

/**
 * Finds numbers (not 0) by a hash of what they stand for. Open addressing; each slot holds a number
 * and its whole hash, so that growing and removing look at nothing but the table.
 *
 * Whoever looks walks on from `first` by `next` until `at` gives 0.
 */
export class IdTable {
  /** Number and hash in turns. */
  #slots = new Int32Array(LEAST_SLOTS * 2);
  #mask = LEAST_SLOTS - 1;
  #count = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  first(hash: number): number {
    return hash & this.#mask;
  }

  next(slot: number): number {
    return (slot + 1) & this.#mask;
  }

  /** The number in a slot; 0 where the slot is empty and a search ends. */
  at(slot: number): number {
    return this.#slots[slot * 2] ?? 0;
  }

  hashAt(slot: number): number {
    return this.#slots[slot * 2 + 1] ?? 0;
  }

  /** Makes room for so many in all, at once. */
  reserve(count: number): void {
    while (count * 4 > (this.#mask + 1) * 3) this.#grow();
  }

  insert(id: number, hash: number): void {
    if ((this.#count + 1) * 4 > (this.#mask + 1) * 3) this.#grow();
    this.#put(id, hash);
    this.#count += 1;
  }

  remove(id: number, hash: number): void {
    let hole = this.first(hash);
    while (this.at(hole) !== id) {
      if (this.at(hole) === 0) return;
      hole = this.next(hole);
    }
    this.#count -= 1;
    // What follows moves up into the hole unless it would stand before its own first slot.
    for (let slot = this.next(hole); this.at(slot) !== 0; slot = this.next(slot)) {
      const home = this.first(this.hashAt(slot));
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#slots[hole * 2] = this.at(slot);
      this.#slots[hole * 2 + 1] = this.hashAt(slot);
      hole = slot;
    }
    this.#slots[hole * 2] = 0;
  }

  #put(id: number, hash: number): void {
    let slot = this.first(hash);
    while (this.at(slot) !== 0) slot = this.next(slot);
    this.#slots[slot * 2] = id;
    this.#slots[slot * 2 + 1] = hash;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    this.#mask = before.length - 1;
    for (let i = 0; i < before.length; i += 2) {
      const id = before[i] ?? 0;
      if (id !== 0) this.#put(id, before[i + 1] ?? 0);
    }
  }
}
