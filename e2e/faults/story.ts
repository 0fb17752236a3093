import type { PassedBatch } from "../support/wire.js";
import { ancestorsOf, parentOf } from "./claims.js";

const PASSED_MAX = 500;

/** The batches that passed last, for who has to find out why something is gone. */
export class Story {
  readonly #passed: PassedBatch[] = [];

  hear(passed: PassedBatch): void {
    this.#passed.push(passed);
    if (this.#passed.length > PASSED_MAX) this.#passed.shift();
  }

  /** What was told lately of a path, of the names above it, and of their listings. */
  of(path: string): string[] {
    const names = new Set([path, ...ancestorsOf(path)]);
    const scopes = new Set([...[...names].map(parentOf), ...names]);
    return this.#passed.flatMap(({ session, batch, status }) =>
      batch.messages.flatMap((message) => {
        const by = `${session} ${batch.stream} ${String(batch.seq)}: ${String(status)}`;
        const when = `${message.kind} ${message.source} ${message.startedAt.toFixed(1)}`;
        if (message.kind !== "change") {
          return scopes.has(message.scope) ? [`${by} ${when} ${message.scope}`] : [];
        }
        const { upserts, deletes, moves = [] } = message;
        const rows = upserts.rows.filter(([key]) => names.has(String(key)));
        const gone = deletes.filter((each) => names.has(each));
        const moved = moves.filter((ends) => ends.some((each) => names.has(each)));
        const isAny = rows.length + gone.length + moved.length > 0;
        return isAny ? [`${by} ${when} ${JSON.stringify({ rows, gone, moved })}`] : [];
      }),
    );
  }
}
