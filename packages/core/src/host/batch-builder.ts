import type { ChangeMessage, Message, Row } from "../messages.js";
import { countRows } from "../messages.js";

/** One fact of a change message: a row seen, or, without one, a key seen to be absent. */
export interface Fact {
  readonly of: ChangeMessage;
  readonly key: string;
  readonly row: Row | undefined;
}

/** Packs messages and single facts into one batch. Facts of one message become one message again. */
export class BatchBuilder {
  readonly #rowsMax: number;
  readonly #messages: (Message | Fact[])[] = [];
  #rows = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  /** A batch takes one message of any size, and more only within its limit. */
  fits(rows: number): boolean {
    return this.#rows === 0 || this.#rows + rows <= this.#rowsMax;
  }

  add(message: Message): void {
    this.#messages.push(message);
    this.#rows += countRows(message);
  }

  addFact(fact: Fact): void {
    const group = this.#messages.at(-1);
    if (Array.isArray(group) && group[0]?.of === fact.of) group.push(fact);
    else this.#messages.push([fact]);
    this.#rows += 1;
  }

  finish(): Message[] {
    return this.#messages.flatMap((each) => (Array.isArray(each) ? toChange(each) : [each]));
  }
}

/** The message that the facts came in, without those of its facts that are not among them. */
function toChange(facts: readonly Fact[]): ChangeMessage[] {
  const [first] = facts;
  if (first === undefined) return [];
  const { upserts, deletes, settled, ...observation } = first.of;
  if (facts.length === upserts.rows.length + deletes.length) return [first.of];
  const keys = new Set(facts.map(({ key }) => key));
  const stillSettled = settled?.filter((key) => keys.has(key));
  return [
    {
      ...observation,
      upserts: { fields: upserts.fields, rows: facts.flatMap(({ row }) => (row ? [row] : [])) },
      deletes: facts.flatMap(({ key, row }) => (row ? [] : [key])),
      ...(stillSettled?.length ? { settled: stillSettled } : {}),
    },
  ];
}
