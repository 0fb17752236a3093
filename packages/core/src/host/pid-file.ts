import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { FustorError } from "../errors.js";
import type { Clock } from "../time.js";
import { APP_WORDS, type App } from "./app.js";
import { homeUnusable } from "./home.js";
import { writeHomeFile } from "./home-file.js";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.js";
import { createSystemClock } from "./system-clock.js";
import { withTurn } from "./turn.js";

/** What the pid file says. */
export interface ClaimRecord extends ProcessIdentity {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Names this start of the process; no other start has the same. */
  readonly bootId: string;
  /** Where it answers, once it does. */
  readonly url?: string | undefined;
  /** The file with the certificate that it shows there, where it speaks TLS. */
  readonly certificate?: string | undefined;
}

type Published = Required<Pick<ClaimRecord, "url">> & Pick<ClaimRecord, "certificate">;

/** A home held by this process. */
export interface Claim {
  readonly record: ClaimRecord;
  readonly bootId: string;
  /** Tells readers of the pid file where this process answers. */
  publish(facts: Published): Promise<void>;
  /** Lets the next one in. May be called twice. */
  release(): Promise<void>;
}

export interface KnownClaim extends ClaimRecord {
  /** False for a process that ended without releasing its claim. */
  readonly alive: boolean;
}

/**
 * Takes the home for this process. The claim of a process that no longer runs is no obstacle.
 *
 * Throws `HOME_IN_USE` naming the process that holds it, or `HOME_UNUSABLE`.
 */
export async function claimHome(
  home: string,
  app: App,
  clock: Clock = createSystemClock(),
): Promise<Claim> {
  const file = pidFile(home, app);
  const record: ClaimRecord = {
    pid: process.pid,
    startTicks: identify(process.pid)?.startTicks,
    startedAt: Math.round(clock.now()),
    bootId: randomUUID(),
  };
  try {
    await withTurn(`${file}.turn`, clock, async () => {
      const holder = await readClaim(home, app);
      if (holder?.alive === true) throw homeInUse(home, app, holder);
      await writeRecord(home, app, record);
    });
  } catch (error) {
    throw error instanceof FustorError ? error : homeUnusable(home, error);
  }
  return new FileClaim(home, app, record);
}

/** Who holds or last held the home; undefined when nobody does. */
export async function readClaim(home: string, app: App): Promise<KnownClaim | undefined> {
  let text: string;
  try {
    text = await readFile(pidFile(home, app), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw homeUnusable(home, error);
  }
  const record = parseRecord(text);
  return record === undefined ? undefined : { ...record, alive: isAlive(record) };
}

class FileClaim implements Claim {
  readonly #home: string;
  readonly #app: App;
  #record: ClaimRecord;

  constructor(home: string, app: App, record: ClaimRecord) {
    this.#home = home;
    this.#app = app;
    this.#record = record;
  }

  get record(): ClaimRecord {
    return this.#record;
  }

  get bootId(): string {
    return this.#record.bootId;
  }

  async publish(facts: Published): Promise<void> {
    this.#record = { ...this.#record, ...facts };
    if (await this.#isOurs()) await writeRecord(this.#home, this.#app, this.#record);
  }

  async release(): Promise<void> {
    if (await this.#isOurs()) await rm(pidFile(this.#home, this.#app), { force: true });
  }

  async #isOurs(): Promise<boolean> {
    return (await readClaim(this.#home, this.#app))?.bootId === this.bootId;
  }
}

function pidFile(home: string, app: App): string {
  return join(home, `${app}.pid`);
}

async function writeRecord(home: string, app: App, record: ClaimRecord): Promise<void> {
  await writeHomeFile(home, `${app}.pid`, `${JSON.stringify(record)}\n`);
}

function parseRecord(text: string): ClaimRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ClaimRecord> | null;
    const { pid = 0, bootId } = record ?? {};
    // Signals to 0 and below are for groups of processes: they would find somebody alive.
    const isWhole = Number.isSafeInteger(pid) && pid > 0 && typeof bootId === "string";
    return isWhole ? (record as ClaimRecord) : undefined;
  } catch {
    // Torn by a crash of the machine: it holds nobody.
    return undefined;
  }
}

function homeInUse(home: string, app: App, { pid, url }: ClaimRecord): FustorError {
  const where = url === undefined ? "" : `, ${url}`;
  return new FustorError(
    "HOME_IN_USE",
    `${APP_WORDS[app].subject} of ${home} is already running (pid ${String(pid)}${where}). ` +
      `Stop it with "fustor-${app} stop", or set FUSTOR_HOME to another folder.`,
  );
}
