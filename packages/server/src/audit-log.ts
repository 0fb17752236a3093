import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { silentLogger, type Clock, type Logger } from "@fustor/core";
import { withTurn } from "@fustor/core/host";

/** What somebody did who may decide. */
export interface AuditEntry {
  /** The id of the key, or `user:` and the id of the system's user who ran a command. */
  readonly who: string;
  /** The call or the command, without secrets. */
  readonly what: string;
  /** What it was done to, where the call does not say so. */
  readonly target?: string;
  /** The HTTP status, or `done`. */
  readonly result: number | "done";
}

export interface AuditLogOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Default: 10 MiB. */
  readonly fileBytesMax?: number;
}

/** Where a home has its audit log. */
export function auditFileOf(home: string): string {
  return join(home, "state", "audit.jsonl");
}

const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** Full ones that are kept: `audit.jsonl.1` is the youngest. */
const FILES_KEPT = 5;
/** Entries that wait to be written; the next ones are counted and left out. */
const WAITING_MAX = 10_000;

/**
 * Who decided what, as lines of JSON. Several processes may write one file: a line is appended at once.
 * An entry that cannot be written is told in the log; what was decided stands.
 */
export class AuditLog {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #fileBytesMax: number;
  #waiting = 0;
  #lost = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, options: AuditLogOptions) {
    const { clock, logger = silentLogger, fileBytesMax = FILE_BYTES_MAX } = options;
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
    this.#fileBytesMax = fileBytesMax;
  }

  /** Notes what was done now. */
  write(entry: AuditEntry): void {
    if (this.#waiting >= WAITING_MAX) {
      this.#lost += 1;
      return;
    }
    const lost = this.#lost === 0 ? {} : { lost_before: this.#lost };
    this.#lost = 0;
    const line = `${JSON.stringify({ at: Math.round(this.#clock.now()), ...entry, ...lost })}\n`;
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#append(line))
      .catch((err: unknown) => {
        this.#logger.error({ err, ...entry }, "audit entry not written");
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#last;
  }

  async #append(line: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    if (await this.#isFull()) {
      await withTurn(`${this.#file}.turn`, this.#clock, async () => {
        // Another process may have done it meanwhile.
        if (await this.#isFull()) await this.#rotate();
      });
    }
    await appendFile(this.#file, line, { mode: 0o600 });
  }

  async #isFull(): Promise<boolean> {
    const facts = await stat(this.#file).catch(() => undefined);
    return facts !== undefined && facts.size >= this.#fileBytesMax;
  }

  async #rotate(): Promise<void> {
    for (let age = FILES_KEPT - 1; age >= 1; age -= 1) {
      await rename(`${this.#file}.${String(age)}`, `${this.#file}.${String(age + 1)}`).catch(
        ignoreMissing,
      );
    }
    await rename(this.#file, `${this.#file}.1`);
  }
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
  throw error;
}
