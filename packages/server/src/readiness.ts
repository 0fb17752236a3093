import { domainsInto, type Context } from "./context.js";
import { WAITING_BYTES_MAX } from "./http/durable-replies.js";
import type { LiveView } from "./views.js";

/**
 * Why a view cannot be relied on yet, or takes nothing more.
 *
 * - `NO_AGENT`: no snapshot yet, and nobody is there to bring one
 * - `NO_SNAPSHOT`: the first snapshot is under way
 * - `STORAGE_FAILED`: the log could not be written, e.g. because the disk is full
 * - `LOG_FULL`: the disk is too slow: so much waits for it that agents wait
 */
export type ReasonCode = "NO_AGENT" | "NO_SNAPSHOT" | "STORAGE_FAILED" | "LOG_FULL";

export interface Reason {
  readonly view: string;
  readonly code: ReasonCode;
  /** A sentence that says what is missing and, where somebody has to act, what to do. */
  readonly reason: string;
}

/** `ROOT_MISMATCH`: agents were refused, because their root is not the one that the view shows. */
export interface Warning {
  readonly view: string;
  readonly code: "ROOT_MISMATCH";
  /** A sentence that says what is wrong, and how to learn more. */
  readonly warning: string;
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly Reason[];
  /** What somebody should look at, although the views can be relied on. */
  readonly warnings?: readonly Warning[];
  /**
   * What the last start found damaged, in a sentence. It makes nobody unready: the views answer
   * with what they know, and the agents look at everything again.
   */
  readonly damage?: string;
}

type Observed = Pick<Context, "views" | "domains" | "storage">;

/** Whether every view can be relied on, and why not. */
export function readinessOf(context: Observed): Readiness {
  const { views, storage } = context;
  const reasons = [...views.values()].flatMap((view) => [
    ...missingSnapshot(view, context),
    ...storageTrouble(view, context),
  ]);
  const warnings = [...views.values()].flatMap((view) => refusals(view, context));
  const { damage } = storage;
  return {
    ready: reasons.length === 0,
    reasons,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(damage === undefined ? {} : { damage }),
  };
}

/** The same without what names folders of this machine: for who is not on it. */
export function forStrangers({ damage, reasons, ...rest }: Readiness): Readiness {
  return {
    ...rest,
    reasons: reasons.map((each) =>
      each.code === "STORAGE_FAILED" ? { ...each, reason: "The log cannot be written." } : each,
    ),
    ...(damage === undefined ? {} : { damage: "Records of the log were damaged." }),
  };
}

/** Anybody may read this: it names no agent. */
function refusals(view: LiveView, context: Observed): readonly Warning[] {
  const count = domainsInto(context, view).reduce((sum, { refused }) => sum + refused.length, 0);
  if (count === 0) return [];
  const agents = count === 1 ? "1 agent is" : `${String(count)} agents are`;
  const warning =
    `${agents} refused: what it reports is not the root that the view shows. ` +
    `\`fustor roots --view ${view.id}\` names it, and tells why`;
  return [{ view: view.id, code: "ROOT_MISMATCH", warning }];
}

function missingSnapshot(view: LiveView, context: Observed): readonly Reason[] {
  const readiness = view.fs.readiness();
  if (readiness.ready) return [];
  const { reason } = readiness;
  const domains = domainsInto(context, view);
  if (domains.some(({ sessions }) => sessions.length > 0)) {
    return [{ view: view.id, code: "NO_SNAPSHOT", reason }];
  }
  const pipes = domains.map(({ pipe }) => pipe.id).join(", ");
  const fix = `no agent feeds the pipe ${pipes}: start one, and look at its fustor-agent status`;
  return [{ view: view.id, code: "NO_AGENT", reason: `${reason}; ${fix}` }];
}

function storageTrouble({ id }: LiveView, { storage: { log } }: Observed): readonly Reason[] {
  if (log.failure !== undefined) {
    return [{ view: id, code: "STORAGE_FAILED", reason: log.failure }];
  }
  if (log.bytesWaiting <= WAITING_BYTES_MAX) return [];
  const waiting = `${String(Math.round(log.bytesWaiting / 1024 / 1024))} MiB`;
  const reason = `${waiting} wait for the disk of the log: agents wait with them`;
  return [{ view: id, code: "LOG_FULL", reason }];
}
