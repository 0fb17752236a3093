import type { EntryField } from "@fustor/client";
import type { Output } from "../output.js";
import type { Found } from "./found.js";

/** Tests a name, or prints it; the next step is taken only after a true one. */
export type Step = (found: Found, out: Output) => boolean;

/** An expression while it is read. */
export class Draft {
  readonly steps: Step[] = [];
  readonly fields = new Set<EntryField>();
  /** Nanoseconds since the epoch. */
  readonly now: bigint;
  minDepth = 0;
  maxDepth = Infinity;
  asksEmpty = false;
  prints = false;
  /** The next test is negated. */
  isNot = false;
  name = "";
  types: readonly string[] | undefined;

  constructor(now: bigint) {
    this.now = now;
  }

  test(step: Step, ...fields: readonly EntryField[]): void {
    this.#need(fields);
    this.steps.push(this.isNot ? (found, out) => !step(found, out) : step);
  }

  print(step: (found: Found, out: Output) => void, ...fields: readonly EntryField[]): void {
    this.prints = true;
    this.test(
      (found, out) => {
        step(found, out);
        return true;
      },
      ...fields,
    );
  }

  /** All that is printed has a name with this text in it, without case: others need not be told. */
  spareByName(text: string): void {
    if (this.#spares && text.length > this.name.length) this.name = text;
  }

  /** All that is printed is of these types. */
  spareByType(types: readonly string[]): void {
    if (this.#spares) this.types ??= types;
  }

  /** What is not said of the names that are printed cannot spare looking at others. */
  get #spares(): boolean {
    return !this.isNot && !this.prints;
  }

  #need(fields: readonly EntryField[]): void {
    for (const field of fields) this.fields.add(field);
  }
}
