import type { Logger } from "./logger.js";
import type { Message, Row } from "./messages.js";
import type { ConfigOf, ObjectSchema } from "./schema.js";
import type { Clock, Random } from "./time.js";

/** Rises when a driver written for the old contract can no longer run. See CONTRIBUTING.md. */
export const DRIVER_API_VERSION = 1;

export type DriverKind = "source" | "sender" | "view";

/** What every driver gets from its host. */
export interface DriverContext {
  /** The `id` of the source, sender or view in the configuration. */
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** `$FUSTOR_HOME`: a source that can see it leaves it out. */
  readonly home: string;
}

// --- sources ---------------------------------------------------------------------------------

/**
 * Perceives one data source.
 *
 * The host calls `describe` first, then `watch`, and only then `snapshot`. Optional methods are
 * capabilities. Streams end when their signal aborts.
 */
export interface SourceDriver {
  /**
   * Looks at the source and says what it is.
   *
   * Throws `SOURCE_UNAVAILABLE` (retryable) while it cannot be reached, e.g. a missing root.
   */
  describe(signal: AbortSignal, request?: DescribeRequest): Promise<SourceDescription>;
  /** Resolves once watching has begun: no later change is missed without a `lost` saying so. */
  watch(signal: AbortSignal): Promise<AsyncIterable<Message>>;
  /** Lists everything, between a `mark` that begins and one that ends. */
  snapshot(signal: AbortSignal, request?: WalkRequest): AsyncIterable<Message>;
  /** Looks at everything again, to find what no event told. Marked like a snapshot. */
  audit?(signal: AbortSignal, request?: WalkRequest): AsyncIterable<Message>;
  /** Lists one scope on demand, marked `scan`. */
  scan?(request: ScanRequest, signal: AbortSignal): AsyncIterable<Message>;
  /**
   * Looks at single rows that are in doubt, by their full keys. Says `change` messages of source
   * `sentinel`, without marks, and `unreadable` for what cannot be told. A key stands among the
   * deletes only when a second look did not find it either, in a place that could be read.
   */
  probe?(keys: readonly string[], signal: AbortSignal): AsyncIterable<Message>;
  /** A cheap look at its own state, for status and consoles. */
  status?(): SourceStatus;
  /** May be called twice. Afterwards nothing of the source is open. */
  close(): Promise<void>;
}

/** What a source may be able to do beyond snapshot and watch. Having the method is having it. */
export const SOURCE_CAPABILITIES = ["audit", "scan", "probe"] as const;
export type SourceCapability = (typeof SOURCE_CAPABILITIES)[number];

export interface DescribeRequest {
  /**
   * No receiver has taken what was described before: the source is of what is there now, also where
   * that is another thing, e.g. because what it is of was mounted only after the start.
   */
  readonly anew?: boolean;
}

/** How a walk shall be told. A source may always tell more than it was asked for. */
export interface WalkRequest {
  /** Scopes that were read whole may be told by their digest. Default: listings only. */
  readonly digests?: boolean;
}

export interface ScanRequest {
  readonly scope: string;
  readonly recursive: boolean;
  /** Of a job: the receiver follows it by the marks around the listing, which carry this id. */
  readonly id?: string;
}

/** What a source is. Travels to the receiver when a session opens. */
export interface SourceDescription {
  /** The schema of its rows, e.g. `fs`. */
  readonly schema: string;
  /** Where it is, for people. Never holds a secret. */
  readonly uri: string;
  /** What stays equal while it is the same thing (fs: file system and root inode). */
  readonly identity: string;
  /** What part of it is reported; absence counts only inside. Plain JSON of the schema's making. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Further facts of the schema's making (fs: file system type, cache lag). Plain JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  /**
   * What a receiver that knows the source should know, in a form of the schema's making (fs: names
   * near the top); empty when nothing is there. They are no part of what it is: each description
   * may give others.
   */
  readonly landmarks?: readonly Row[];
  /** All fields that its rows can have, against which a choice of fields is checked. */
  readonly fields?: readonly string[];
}

/** A source's own figures, e.g. `{ backend: "inotify", watches: 812, watchesMax: 60000 }`. */
export type SourceStatus = Readonly<Record<string, string | number | boolean>>;

// --- senders ---------------------------------------------------------------------------------

/** Carries messages to one receiver. */
export interface SenderDriver {
  /**
   * Opens a session for one pipe.
   *
   * Throws a `FustorError`: `UNAUTHORIZED`/`FORBIDDEN` for a wrong key, `SESSION_REFUSED` when the
   * receiver says no, `SEND_FAILED` (retryable) when it cannot be reached.
   */
  openSession(request: SessionRequest, signal: AbortSignal): Promise<Session>;
  /**
   * Looks whether the receiver can be reached and takes our credential, and leaves no trace there.
   * Throws as `openSession` does.
   */
  check?(signal: AbortSignal): Promise<void>;
  /** May be called twice. Sessions are closed by whoever opened them. */
  close(): Promise<void>;
}

export interface SessionRequest {
  /** Names the agent for good; `<agentId>:<pipeId>` has one live session. */
  readonly agentId: string;
  /** New at every start of the agent: a new boot takes over from its dead self at once. */
  readonly bootId: string;
  readonly pipeId: string;
  readonly source: SourceDescription;
  /** What the source can do beyond snapshot and watch. */
  readonly capabilities: readonly SourceCapability[];
}

export type Role = "leader" | "follower";

/** What the receiver asks of this pipe. */
export interface SessionPolicy {
  /** Without any sign of life for this long the receiver ends the session. */
  readonly timeoutMs: number;
  /** The leader's pause between audits; 0 means none. */
  readonly auditIntervalMs: number;
  /** No row may go unlooked at for longer, as far as audits can hold it; absent: no such wish. */
  readonly maxStalenessMs?: number;
  /** True when the receiver compares digests; without it a source sends listings only. */
  readonly digests?: boolean;
  /** True when it has the rows of this very source already: digests will mostly be its own. */
  readonly known?: boolean;
}

/** Two independent, ordered streams: a long walk never holds up what happens now. */
export type Stream = "realtime" | "scan";

export interface Batch {
  readonly stream: Stream;
  /** Counts from 1 in each stream of a session. A retry carries the same number. */
  readonly seq: number;
  /** None where there is a pack. */
  readonly messages: readonly Message[];
  /** Only in sessions with a packer. */
  readonly pack?: Pack;
}

/** Listings in the form that their session's packer gave them, for nobody else to read. */
export interface Pack {
  readonly kind: "pack";
  readonly bytes: Uint8Array;
  /** Rows and keys, as `countRows` counts. */
  readonly rows: number;
  readonly messages: number;
  /** When the first look of them all began and the last ended, ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What is listed. */
  readonly scopes: readonly string[];
}

/** What the module behind `Session.packer` exports. */
export interface Packer {
  /** The messages as bytes; undefined when they cannot be said so, and are to come as they are. */
  pack(messages: readonly Message[]): Uint8Array | undefined;
}

/** What the receiver answers to a batch. */
export interface SendReply {
  /** Scopes that it asks to be listed, e.g. because a digest was not its own. */
  readonly wanted: readonly ScanRequest[];
}

/** One conversation with the receiver. */
export interface Session {
  readonly id: string;
  /** As of the opening; `heartbeat` brings changes. */
  readonly role: Role;
  readonly policy: SessionPolicy;
  /**
   * The URL of a module that exports a `Packer`. Listings may then be packed in the process in which
   * they are read, and come in the `pack` of a batch: what carries them has no row to read.
   */
  readonly packer?: string;
  /**
   * Resolves once the receiver has taken responsibility for the batch. One batch per stream is
   * under way at a time. Resolves with nothing where nothing is ever wanted.
   *
   * Throws `SESSION_LOST` when the session is gone, `SEND_FAILED` with `retryable` when the same
   * batch should be sent again, and without it when the receiver refuses this very batch.
   */
  send(batch: Batch, signal: AbortSignal): Promise<SendReply | undefined>;
  /** Says that the pipe lives, and hears what the receiver wants. Throws `SESSION_LOST`. */
  heartbeat(report: HeartbeatReport, signal: AbortSignal): Promise<HeartbeatReply>;
  /** Ends the session on the other side too, if it can be reached. May be called twice. */
  close(): Promise<void>;
}

export interface HeartbeatReport {
  /** True while the watch stands. */
  readonly canRealtime: boolean;
  readonly status: Readonly<Record<string, unknown>>;
  /** Jobs that could not be done. They are told again until a heartbeat was answered. */
  readonly failedScans?: readonly FailedScan[];
}

/** Why the job with this id could not be done, for people. */
export interface FailedScan {
  readonly id: string;
  readonly error: string;
}

export interface HeartbeatReply {
  readonly role: Role;
  readonly scans: readonly ScanRequest[];
  /** Ids of jobs that are not wanted any more. */
  readonly cancels?: readonly string[];
  /** Keys in doubt, for the leader to look at. What is not answered is asked for again. */
  readonly probes?: readonly string[];
  /** The receiver has more to ask soon: the next heartbeat shall come after so many ms. */
  readonly nextMs?: number;
  /** As in `SessionPolicy`, and newer. */
  readonly known?: boolean;
}

// --- modules ---------------------------------------------------------------------------------

/** The default export of a driver package. */
export interface DriverModule<Kind extends DriverKind, Driver, S extends ObjectSchema> {
  readonly apiVersion: number;
  readonly kind: Kind;
  readonly name: string;
  readonly configSchema: S;
  create(config: ConfigOf<S>, context: DriverContext): Driver | Promise<Driver>;
}

export type SourceModule<S extends ObjectSchema = ObjectSchema> = DriverModule<
  "source",
  SourceDriver,
  S
>;
export type SenderModule<S extends ObjectSchema = ObjectSchema> = DriverModule<
  "sender",
  SenderDriver,
  S
>;

type Definition<Kind extends DriverKind, Driver, S extends ObjectSchema> = Omit<
  DriverModule<Kind, Driver, S>,
  "apiVersion" | "kind"
>;

/** A typed source module; the package's default export. */
export function defineSource<const S extends ObjectSchema>(
  definition: Definition<"source", SourceDriver, S>,
): SourceModule<S> {
  return { apiVersion: DRIVER_API_VERSION, kind: "source", ...definition };
}

/** A typed sender module; the package's default export. */
export function defineSender<const S extends ObjectSchema>(
  definition: Definition<"sender", SenderDriver, S>,
): SenderModule<S> {
  return { apiVersion: DRIVER_API_VERSION, kind: "sender", ...definition };
}
