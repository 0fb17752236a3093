import type { DriverContext, DriverModule, Role, SourceDescription, Stream } from "./drivers.js";
import { DRIVER_API_VERSION } from "./drivers.js";
import type { Message } from "./messages.js";
import type { ConfigOf, ObjectSchema } from "./schema.js";

/** Who speaks: fixed for the life of a session. */
export interface Speaker {
  readonly sessionId: string;
  readonly agentId: string;
  readonly bootId: string;
  /** `v1` evidence carries little proof and is believed little. */
  readonly dialect: "v1" | "v2";
  readonly source: SourceDescription;
  /** Add to an agent's time to get Fusion's, in ms, as of the opening; `clock` records renew it. */
  readonly clockOffsetMs: number;
  /** By how much that may be wrong, either way, in ms. */
  readonly clockErrorMs: number;
}

/**
 * What happens to a view, in order. `state = fold(records)`: a view reads no clock, no random and
 * no disk, so the same records give the same state. `at` is Fusion time in ms and never goes back.
 */
export type ViewRecord =
  | { readonly kind: "opened"; readonly at: number; readonly speaker: Speaker }
  | { readonly kind: "closed"; readonly at: number; readonly sessionId: string }
  | {
      readonly kind: "role";
      readonly at: number;
      readonly sessionId: string;
      readonly role: Role;
    }
  | {
      /** The agent's clock was compared with Fusion's again: holds for the batches that follow. */
      readonly kind: "clock";
      readonly at: number;
      readonly sessionId: string;
      readonly offsetMs: number;
      readonly errorMs: number;
    }
  | {
      /** The session was handed names to look at and scopes to list; their doubts wait meanwhile. */
      readonly kind: "asked";
      readonly at: number;
      readonly sessionId: string;
      readonly probes: readonly string[];
      readonly listings: readonly string[];
    }
  | {
      readonly kind: "batch";
      readonly at: number;
      readonly sessionId: string;
      readonly stream: Stream;
      readonly messages: readonly Message[];
    }
  | { readonly kind: "tick"; readonly at: number }
  | {
      /** An operator says that what is held at and below these keys may go. */
      readonly kind: "approve";
      readonly at: number;
      readonly paths: readonly string[];
    }
  | {
      /** An operator says that what is held at and below these keys stays. */
      readonly kind: "reject";
      readonly at: number;
      readonly paths: readonly string[];
    }
  | {
      /** An operator says that this is the agent's root from now on, although it was another one. */
      readonly kind: "accept-root";
      readonly at: number;
      readonly agentId: string;
      /** What a source of it gives as `identity`. */
      readonly identity: string;
    }
  | { readonly kind: "reset"; readonly at: number };

/** Folds records into a picture that can be asked. What can be asked is the schema's matter. */
export interface ViewDriver {
  /** The schema of the rows it takes, e.g. `fs`. */
  readonly schema: string;
  /** Total: a well-formed record never throws, whatever it says. */
  apply(record: ViewRecord): void;
  /**
   * The scopes that the view wants listed after the batch that it applied last, e.g. because their
   * digest was not its own. Asked once after each batch. A view without this compares no digests:
   * every one of them is answered with the wish for the listing.
   */
  takeWanted?(): readonly string[];
  /**
   * Which attributes count in its digests, as a number of the schema's making (fs: `digestMask`);
   * absent: all that can. A source that counts others is not asked for digests.
   */
  readonly digestMask?: number;
  /**
   * What the leader should look at, as of Fusion time `at`: keys by probes, scopes by listings, up
   * to `max` of each. What an `asked` record says was handed out is left out until its answer is
   * overdue.
   */
  doubtsDue?(at: number, max?: number): DoubtsDue;
  /**
   * Begins a checkpoint of the state as it is now, and returns soon: most of it is copied while its
   * slices are read. Only one can be open at a time; a second one is a fault of the caller's.
   */
  checkpoint?(): Checkpoint;
  /**
   * Takes over the state that a checkpoint holds, before the first record. From then on the view
   * says and does what the one that wrote it would. `slices` come in the order in which they were
   * written.
   *
   * Throws `CHECKPOINT_UNUSABLE` when this version cannot read them, or some are missing, and what
   * `slices` throw: the view is then of no use any more.
   */
  restore?(slices: AsyncIterable<StoredSlice>): Promise<void>;
}

/**
 * A view's state after one record: restored, and with the records that followed applied, it is the
 * state after all of them. Records may be applied while it is read.
 */
export interface Checkpoint {
  /**
   * To be gone through once, at any pace; each slice is made when it is asked for. Stopping early
   * closes the checkpoint.
   */
  readonly slices: Iterable<CheckpointSlice>;
  /** Gives up what has not been read. May be called twice, and after the last slice. */
  close(): void;
}

/** A piece of a view's state, in a form that only the view knows. */
export interface CheckpointSlice {
  /** What it is of: up to 64 letters in ASCII. To be kept beside the bytes. */
  readonly section: string;
  /** Up to 1 MiB, the caller's from now on. Their order counts. */
  readonly bytes: Uint8Array;
}

/** A slice that was kept, and is read once it is known where to. */
export interface StoredSlice {
  readonly section: string;
  /** Of its bytes. */
  readonly length: number;
  /**
   * Reads its bytes into memory that holds exactly them. Resolves once they are there and are what
   * was written. Need not be waited for: slices end only when all that was asked for is there, and
   * throw where something is not. To be called once, before the slices end.
   */
  read(into: readonly ArrayBufferView[]): Promise<void>;
}

/** Keys to be probed and scopes to be listed, the most urgent first. */
export interface DoubtsDue {
  readonly probes: readonly string[];
  readonly listings: readonly string[];
}

export type ViewModule<S extends ObjectSchema = ObjectSchema> = DriverModule<"view", ViewDriver, S>;

/** A typed view module; the package's default export. */
export function defineView<const S extends ObjectSchema>(definition: {
  readonly name: string;
  readonly configSchema: S;
  create(config: ConfigOf<S>, context: DriverContext): ViewDriver | Promise<ViewDriver>;
}): ViewModule<S> {
  return { apiVersion: DRIVER_API_VERSION, kind: "view", ...definition };
}
