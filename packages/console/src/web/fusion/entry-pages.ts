import type { EntriesReply, EntryJson } from "@fustor/protocol";

/** Asks for a page of the list; `isReversed` from its other end. */
export type AskPage = (question: {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly fields: string;
  readonly isReversed: boolean;
  readonly signal: AbortSignal;
}) => Promise<EntriesReply>;

export const PAGE = 500;
const LEAP_MAX = 10_000;
/** Pages that are kept; those that were not looked at for longest go first. */
const PAGES_MAX = 80;
const FIELDS = "path,name,type,size,mtime,suspect,blind_spot,doubted,held";

/** One direction in which pages follow each other: by index of its first row, counted from there. */
interface Chain {
  readonly isReversed: boolean;
  /** What asks for the rows from an index on. */
  readonly cursors: Map<number, string | undefined>;
  readonly pages: Map<number, readonly EntryJson[]>;
}

/**
 * The rows of a list of known length, by index, of which only those that were looked at are here.
 *
 * The API tells a list from one end on, each page naming the next. So a far place is reached by
 * leaps of `LEAP_MAX` rows that bring next to nothing, from whichever end is nearer.
 */
export class EntryPages {
  readonly total: number;
  readonly #ask: AskPage;
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #chains: readonly [Chain, Chain] = [newChain(false), newChain(true)];
  #wanted: readonly number[] = [];
  #isLoading = false;

  constructor(
    total: number,
    {
      ask,
      onChange,
      onError,
    }: {
      readonly ask: AskPage;
      readonly onChange: () => void;
      readonly onError: (error: unknown) => void;
    },
  ) {
    this.total = total;
    this.#ask = ask;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /** Undefined while it is not here. */
  row(index: number): EntryJson | undefined {
    for (const chain of this.#chains) {
      const at = this.#indexIn(chain, index);
      const row = chain.pages.get(pageOf(at))?.[at % PAGE];
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** True when its page is here, even if fewer rows were left than there had been. */
  has(index: number): boolean {
    return this.#chains.some((chain) => chain.pages.has(pageOf(this.#indexIn(chain, index))));
  }

  /** Brings the rows from `first` to `last`, and forgets what was wanted before. */
  want(first: number, last: number): void {
    const indexes: number[] = [];
    for (let index = first; index <= last; index += PAGE) indexes.push(index);
    this.#wanted = [...indexes, last].filter((index) => index >= 0 && index < this.total);
    void this.#load();
  }

  close(): void {
    this.#stop.abort();
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      for (let index = this.#next(); index !== undefined; index = this.#next()) {
        await this.#bring(index);
        if (this.#stop.signal.aborted) return;
        this.#onChange();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#onError(error);
    } finally {
      this.#isLoading = false;
    }
  }

  /** The first row that is wanted and not here, unless it is known to be gone. */
  #next(): number | undefined {
    return this.#wanted.find((index) => !this.has(index));
  }

  /** One step towards a row: its page, or a leap that comes nearer. */
  async #bring(index: number): Promise<void> {
    const chain = this.#chains[index * 2 < this.total ? 0 : 1];
    const target = pageOf(this.#indexIn(chain, index));
    const from = Math.max(...[...chain.cursors.keys()].filter((each) => each <= target));
    if (from === target) {
      await this.#bringPage(chain, target);
      return;
    }
    const reached = await this.#step(chain, from, Math.min(LEAP_MAX, target - from), "type");
    // It ends before the row: fewer are left than there were.
    if (reached === undefined) keep(chain.pages, target, []);
  }

  async #bringPage(chain: Chain, target: number): Promise<void> {
    const rows: EntryJson[] = [];
    let from: number | undefined = target;
    while (from !== undefined && rows.length < PAGE) {
      from = await this.#step(chain, from, PAGE - rows.length, FIELDS, rows);
    }
    keep(chain.pages, target, rows);
  }

  /** Reads on from a row whose cursor is known; returns how far, undefined at the end of the list. */
  async #step(
    { isReversed, cursors }: Chain,
    from: number,
    limit: number,
    fields: string,
    into: EntryJson[] = [],
  ): Promise<number | undefined> {
    const { signal } = this.#stop;
    const cursor = cursors.get(from);
    const page = await this.#ask({ limit, cursor, fields, isReversed, signal });
    into.push(...page.entries);
    if (page.next_cursor === null) return undefined;
    // A page may be shorter than was asked for, and not be the last one.
    const reached = from + page.entries.length;
    cursors.set(reached, page.next_cursor);
    return reached;
  }

  #indexIn({ isReversed }: Chain, index: number): number {
    return isReversed ? this.total - 1 - index : index;
  }
}

function newChain(isReversed: boolean): Chain {
  return { isReversed, cursors: new Map([[0, undefined]]), pages: new Map() };
}

/** The index of the first row of a row's page. */
function pageOf(index: number): number {
  return index - (index % PAGE);
}

function keep<Value>(pages: Map<number, Value>, at: number, page: Value): void {
  pages.delete(at);
  pages.set(at, page);
  const [oldest] = pages.keys();
  if (pages.size > PAGES_MAX && oldest !== undefined) pages.delete(oldest);
}
