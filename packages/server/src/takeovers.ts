import type { Boot } from "./boot-offsets.js";

const TASKS_MAX = 10_000;
/** Former boots of one task that are remembered; an agent that crashes over and over has many. */
const BOOTS_MAX = 8;

/**
 * Which boots of a task were replaced by a newer one. A boot that was replaced is dead: one that
 * opens a session again is the boot of another agent with the same id, e.g. of a copied home.
 */
export class Takeovers {
  readonly #replaced = new Map<string, readonly string[]>();

  /** The boot lost its session to another boot of the task. */
  note({ taskId, bootId }: Boot): void {
    const boots = (this.#replaced.get(taskId) ?? []).filter((each) => each !== bootId);
    this.#replaced.delete(taskId);
    this.#replaced.set(taskId, [...boots, bootId].slice(-BOOTS_MAX));
    const [oldest] = this.#replaced.keys();
    if (this.#replaced.size > TASKS_MAX && oldest !== undefined) this.#replaced.delete(oldest);
  }

  /** Of each task, oldest first. */
  get state(): readonly (readonly [taskId: string, boots: readonly string[]])[] {
    return [...this.#replaced];
  }

  restore(state: Takeovers["state"]): void {
    for (const [taskId, boots] of state) this.#replaced.set(taskId, boots);
  }

  wasReplaced({ taskId, bootId }: Boot): boolean {
    return this.#replaced.get(taskId)?.includes(bootId) ?? false;
  }
}
