import type { Message, Row, Table } from "@fustor/core";
import type { Tree } from "../support/tree.js";
import type { PassedBatch } from "../support/wire.js";
import { ancestorsOf, Claims, parentOf } from "./claims.js";

/** A look: when it began, in ms, and whose it was. */
interface Look {
  readonly at: number;
  /** By how much its agent's clock may be wrong, in ms: seconds, on a machine that is starved. */
  readonly error: number;
  /** The session and the stream: within one the last word counts, of two the later. */
  readonly by: string;
  /** Times of one session are of one clock. */
  readonly session: string;
}

interface Attributes {
  readonly type: string;
  /** Bytes; undefined where only the type is sure. */
  readonly size?: number | undefined;
  /** Seconds; undefined where only the type is sure. */
  readonly mtime?: number | undefined;
  /** Tells a directory from another one that took its name. */
  readonly ino: number;
}

/** What must be so under one name; `unsure` where the few rules here do not decide. */
interface Claim extends Look {
  readonly is: Attributes | "absent" | "unsure";
}

/** Two looks of different streams that are closer than this may count in either order. */
const UNSURE_MS = 1_000;
/** What Fusion takes a clock to be wrong by of which nobody measured how it stands. */
const UNMEASURED_MS = 1_000;
const MTIME_TOLERANCE_SEC = 1e-6;
/** Beyond so many, old claims are given up that say of a name only that it is not there, or nothing. */
const CLAIMS_MAX = 4_000;
/** What was seen before is older than anything that can still arrive. */
const OLD_MS = 120_000;

/**
 * The oracle of acknowledged batches: what a view must show, from nothing but what passed on the
 * wire and how it was answered. It knows few rules, and is unsure wherever they do not decide; what
 * it does claim must be so, whatever was killed meanwhile.
 */
export class Acknowledged {
  readonly #claims = new Claims<Claim>();
  /** The latest listing of each directory: of what is not in it nothing else is remembered. */
  readonly #listings = new Map<string, Look>();

  /** How many names it is sure of. */
  get size(): number {
    return this.#claims.entries().filter(([, { is }]) => is !== "unsure").length;
  }

  hear({ session, batch, status }: PassedBatch): void {
    const isTaken = status !== undefined && status >= 200 && status < 300;
    for (const message of batch.messages) {
      const error = batch.clock?.errorMs ?? UNMEASURED_MS;
      const by = `${session} ${batch.stream}`;
      const look = { at: message.startedAt, error, by, session };
      // Whether Fusion has taken it, or will when it comes again, nobody knows.
      if (isTaken) this.#take(message, look);
      else this.#doubtAll(message, look);
    }
    this.#forgetOld();
  }

  /** Everything that the view should show and does not. */
  breaches(view: Tree): { readonly path: string; readonly says: string }[] {
    return this.#claims.entries().flatMap(([path, { is, at, by }]) => {
      const shown = view.get(path);
      if (is === "unsure") return [];
      if (is === "absent" ? shown === undefined : shown !== undefined && isSame(is, shown)) {
        return [];
      }
      const told = `${JSON.stringify(is)} was acknowledged, seen at ${at.toFixed(0)} by ${by}`;
      const says = `${path}: ${told}; the view has ${JSON.stringify(shown ?? "nothing")}`;
      return [{ path, says }];
    });
  }

  #forgetOld(): void {
    for (const scope of this.#listings.keys()) {
      if (this.#listings.size <= CLAIMS_MAX) break;
      this.#listings.delete(scope);
    }
    if (this.#claims.size <= CLAIMS_MAX) return;
    const claims = this.#claims.entries();
    const newest = claims.reduce((latest, [, { at }]) => Math.max(latest, at), 0);
    for (const [path, { is, at }] of claims) {
      if (typeof is === "string" && at < newest - OLD_MS) this.#claims.delete(path);
    }
  }

  #take(message: Message, look: Look): void {
    switch (message.kind) {
      case "change":
        if (message.source === "realtime") this.#takeEvents(message, look);
        else this.#takeAnswers(message, look);
        return;
      case "listing":
        this.#takeListing(message.scope, message.entries, look);
        this.#doubtListed(message.scope, look);
        return;
      case "digest":
        this.#doubtListed(message.scope, look);
        return;
      case "lost":
      case "mark":
      case "unreadable":
    }
  }

  /** What the watch saw happen has the last word. */
  #takeEvents(message: Extract<Message, { kind: "change" }>, look: Look): void {
    for (const path of (message.moves ?? []).flat()) this.#doubt(path, look);
    for (const path of message.deletes) {
      const isSure = [path, ...this.#claims.below(path)].every((each) => this.#isLater(each, look));
      this.#doubt(path, look);
      if (isSure) this.#claims.set(path, { is: "absent", ...look });
    }
    for (const [path, is] of rowsOf(message.upserts)) {
      const isSure = this.#isLater(path, look) && this.#isClearAbove(path, look);
      if (!this.#isSameDirectory(path, is)) this.#doubtBelow(path, look);
      this.#doubtAbove(path, look);
      if (isSure) this.#claims.set(path, { is, ...look });
      else this.#hearOf(path, is, look);
    }
  }

  /** Answers to questions confirm, or make unsure. */
  #takeAnswers(message: Extract<Message, { kind: "change" }>, look: Look): void {
    for (const path of message.deletes) {
      if (this.#claims.get(path)?.is !== "absent") this.#doubt(path, look);
    }
    for (const [path, is] of rowsOf(message.upserts)) {
      this.#hearOf(path, is, look);
      this.#doubtAbove(path, look);
    }
  }

  /** A listing tells of names that nothing is sure of; against others it proves nothing here. */
  #takeListing(scope: string, entries: Table, look: Look): void {
    const rows = rowsOf(entries, scope);
    this.#hearOfAll(scope, rows, look);
    for (const [path, is] of rows) {
      if (!this.#isSameDirectory(path, is)) this.#doubtBelow(path, look);
      const known = this.#claims.get(path)?.is ?? "unsure";
      if (known !== "unsure" || !this.#isLater(path, look)) continue;
      if (this.#isClearAbove(path, look)) this.#claims.set(path, { is, ...look });
    }
  }

  #doubtAll(message: Message, look: Look): void {
    if (message.kind === "listing") {
      this.#hearOfAll(message.scope, rowsOf(message.entries, message.scope), look);
      this.#doubtListed(message.scope, look);
    }
    if (message.kind === "digest") this.#doubtListed(message.scope, look);
    if (message.kind !== "change") return;
    for (const path of [...message.deletes, ...(message.moves ?? []).flat()]) {
      this.#doubt(path, look);
      this.#doubtAbove(path, look);
    }
    for (const [path, is] of rowsOf(message.upserts)) {
      this.#hearOf(path, is, look);
      this.#doubtAbove(path, look);
    }
  }

  /** What a listing says of names that something is claimed of, whether it counts or not. */
  #hearOfAll(scope: string, entries: readonly [string, Attributes][], look: Look): void {
    const rows = new Map(entries);
    for (const path of this.#claims.inside(scope)) {
      const row = rows.get(path);
      if (row !== undefined) this.#hearOf(path, row, look);
      else if (this.#claims.get(path)?.is !== "absent") this.#doubt(path, look);
    }
  }

  /** A word on a name leaves what it agrees with, and makes the rest unsure. */
  #hearOf(path: string, is: Attributes, look: Look): void {
    const claim = this.#claims.get(path);
    if (claim === undefined || typeof claim.is === "string") this.#doubt(path, look);
    else if (claim.is.ino !== is.ino) this.#doubt(path, look);
    else if (isSame(claim.is, is)) this.#claims.set(path, later(claim, look));
    else if (is.type === "d") this.#keepDirectory(path, claim.is.ino, look);
    else this.#doubt(path, look);
  }

  /** It stays the directory that it was, with attributes that nobody knows. */
  #keepDirectory(path: string, ino: number, look: Look): void {
    this.#claims.set(path, { ...later(this.#claims.get(path), look), is: { type: "d", ino } });
  }

  /** Whether what is claimed of the names below can still be so. */
  #isSameDirectory(path: string, { type, ino }: Attributes): boolean {
    const before = this.#claims.get(path)?.is ?? "unsure";
    return type === "d" && (typeof before === "string" || before.ino === ino);
  }

  #doubt(path: string, look: Look): void {
    this.#unsettle(path, look);
    this.#doubtBelow(path, look);
  }

  #doubtBelow(path: string, look: Look): void {
    for (const each of this.#claims.below(path)) this.#unsettle(each, look);
  }

  #unsettle(path: string, look: Look): void {
    this.#claims.set(path, { ...later(this.#claims.get(path), look), is: "unsure" });
  }

  /** Who is there has all that is above: what said otherwise is no longer sure. */
  #doubtAbove(path: string, look: Look): void {
    for (const above of ancestorsOf(path)) {
      const claim = this.#claims.get(above);
      if (claim === undefined || isDirectory(claim)) continue;
      this.#unsettle(above, look);
    }
  }

  /** A directory that was listed is there, and its own attributes come with the listing. */
  #doubtListed(scope: string, look: Look): void {
    const before = this.#listings.get(scope);
    if (before === undefined || before.at < look.at) {
      this.#listings.delete(scope);
      this.#listings.set(scope, look);
    }
    const is = this.#claims.get(scope)?.is ?? "unsure";
    if (typeof is !== "string" && is.type === "d") this.#keepDirectory(scope, is.ino, look);
    else this.#unsettle(scope, look);
    this.#doubtAbove(scope, look);
  }

  #isLater(path: string, look: Look): boolean {
    const listed = this.#listings.get(parentOf(path));
    // What began after a listing was not missed by it, and one session's times are of one clock.
    if (listed?.session === look.session ? look.at <= listed.at : !isAfter(look, listed)) {
      return false;
    }
    return isAfter(look, this.#claims.get(path));
  }

  #isClearAbove(path: string, look: Look): boolean {
    return ancestorsOf(path).every((above) => {
      const claim = this.#claims.get(above);
      return claim === undefined || isDirectory(claim) || this.#isLater(above, look);
    });
  }
}

/** A look counts over an earlier one, where it is known to be earlier. */
function isAfter(look: Look, before: Look | undefined): boolean {
  if (before === undefined || before.by === look.by) return true;
  return look.at - look.error > before.at + before.error + UNSURE_MS;
}

/** What was seen later is not forgotten: streams overtake each other by seconds. */
function later(claim: Claim | undefined, look: Look): Claim {
  if (claim === undefined || claim.by === look.by) return { is: "unsure", ...claim, ...look };
  const [at, error] = [Math.max(claim.at, look.at), Math.max(claim.error, look.error)];
  return { ...claim, ...look, at, error, by: "several" };
}

function isDirectory({ is }: Claim): boolean {
  return typeof is !== "string" && is.type === "d";
}

function rowsOf({ fields, rows }: Table, scope?: string): [string, Attributes][] {
  const at = (row: Row, name: string): unknown => row[fields.indexOf(name)];
  return rows.map((row) => {
    const key = String(row[0]);
    const path = scope === undefined ? key : `${scope === "/" ? "" : scope}/${key}`;
    const mtime = Number(at(row, "mtime")) + Number(at(row, "mtime_nsec")) / 1e9;
    const [size, ino] = [Number(at(row, "size")), Number(at(row, "ino"))];
    return [path, { type: String(at(row, "type")), size, mtime, ino }];
  });
}

function isSame(claimed: Attributes, { type, size, mtime }: Omit<Attributes, "ino">): boolean {
  const isSameTime = (time: number): boolean =>
    Math.abs(time - (mtime ?? NaN)) < MTIME_TOLERANCE_SEC;
  return (
    claimed.type === type &&
    (claimed.size === undefined || claimed.size === size) &&
    (claimed.mtime === undefined || isSameTime(claimed.mtime))
  );
}
