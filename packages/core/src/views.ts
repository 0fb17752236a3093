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
