import type { EntryField } from "@fustor/client";
import type { Output } from "../output.js";
import type { Found } from "./found.js";

/** Tests a name, or does something with it and says whether to go on. */
export type Step = (found: Found, out: Output) => boolean;

/** What is known of a name without looking at it: Fusion need not tell of others. */
export interface Sieve {
  /** It has this text in it, without case. */
  readonly name?: string;
  /** It is one of these. */
  readonly types?: readonly string[];
}

/** A part of an expression. */
export interface Term {
  readonly run: Step;
  /** True of every name that the term is true of. */
  readonly holds: Sieve;
  /** True of every name that it does something with; undefined where it does nothing. */
  readonly acts: Sieve | undefined;
}

/** Of whole expressions and what they read. */
export interface Context {
  readonly fields: Set<EntryField>;
  /** Nanoseconds since the epoch. */
  readonly now: bigint;
  minDepth: number;
  maxDepth: number;
  asksEmpty: boolean;
  prunes: boolean;
  prints: boolean;
}

export function createContext(now: bigint): Context {
  return {
    fields: new Set(),
    now,
    minDepth: 0,
    maxDepth: Infinity,
    asksEmpty: false,
    prunes: false,
    prints: false,
  };
}

/** A term that looks, and changes nothing. */
export function test(run: Step, holds: Sieve = {}): Term {
  return { run, holds, acts: undefined };
}

/** A term that does something, and is true. */
export function action(run: (found: Found, out: Output) => void): Term {
  return {
    run: (found, out) => {
      run(found, out);
      return true;
    },
    holds: {},
    acts: {},
  };
}

export const TRUE: Term = test(() => true);

export function not({ run, acts }: Term): Term {
  return { run: (found, out) => !run(found, out), holds: {}, acts };
}

/** The second is asked only where the first is true. */
export function and(first: Term, second: Term): Term {
  return {
    run: (found, out) => first.run(found, out) && second.run(found, out),
    holds: both(first.holds, second.holds),
    acts: first.acts ?? (second.acts && both(first.holds, second.acts)),
  };
}

/** The second is asked only where the first is not true. */
export function or(first: Term, second: Term): Term {
  return {
    run: (found, out) => first.run(found, out) || second.run(found, out),
    holds: {},
    acts: first.acts === undefined ? second.acts : second.acts === undefined ? first.acts : {},
  };
}

/** The longer text lets fewer names pass; any one of two types that both must hold is right. */
function both(one: Sieve, other: Sieve): Sieve {
  const names = [one.name ?? "", other.name ?? ""];
  const name = names.reduce((longest, each) => (each.length > longest.length ? each : longest));
  const types = one.types ?? other.types;
  return { ...(name === "" ? {} : { name }), ...(types === undefined ? {} : { types }) };
}
