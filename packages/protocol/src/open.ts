import type { SessionRequest, SourceDescription } from "@fustor/core";
import type { V1SessionRequest } from "./v1.js";
import { DecodeError } from "./errors.js";
import type { Dialect } from "./urls.js";
import type { Encoding, V2ClientInfo, V2SessionRequest } from "./v2.js";
import { WIRE_LIMITS } from "./limits.js";

/** What an agent says of itself when it opens a session, in either dialect. */
export interface Opening {
  /** `<agent>:<pipe>`: one live session each. */
  readonly taskId: string;
  readonly agentId: string;
  readonly pipeId: string;
  /** Undefined for v1: nothing tells a restarted agent from a second one. */
  readonly bootId: string | undefined;
  readonly offersV2: boolean;
  readonly source: SourceDescription;
  readonly capabilities: readonly string[];
  /** The agent's clock when it asked, ms; undefined for v1. */
  readonly clock: number | undefined;
  /** v1 agents may ask for a time-out of their own. */
  readonly timeoutSeconds: number | undefined;
}

/** What the agent is willing to speak, best first, and its clock. */
export interface Offer {
  readonly protocols: readonly Dialect[];
  readonly encodings: readonly Encoding[];
  readonly clock: number;
}

/** The body that opens a session. */
export function encodeOpening(
  request: SessionRequest,
  { protocols, clock, encodings }: Offer,
): V2SessionRequest {
  const { agentId, bootId, pipeId, source, capabilities } = request;
  return {
    task_id: `${agentId}:${pipeId}`,
    source_type: source.schema,
    client_info: {
      protocols,
      agent_id: agentId,
      boot_id: bootId,
      pipe_id: pipeId,
      schema: source.schema,
      uri: source.uri,
      // What v1 Fusions show of an agent.
      source_uri: source.uri,
      root: { ...source.facts, identity: source.identity },
      ...(source.landmarks === undefined ? {} : { landmarks: source.landmarks }),
      scope: source.scope,
      capabilities,
      clock,
      encodings,
    },
  };
}

/**
 * Reads a body that passed `v1SessionRequestSchema`. Silence means v1.
 *
 * Throws `DecodeError` for an offer of v2 that is not whole: taken for v1, its author would wonder
 * for long why so little of it is believed.
 */
export function decodeOpening(body: V1SessionRequest): Opening {
  const info = body.client_info ?? {};
  const colon = body.task_id.indexOf(":");
  const shared = {
    taskId: body.task_id,
    timeoutSeconds: body.session_timeout_seconds ?? undefined,
  };
  if (isTexts(info["protocols"]) && info["protocols"].includes("v2")) {
    requireV2(info);
    const { identity, ...facts } = info.root;
    const { schema, uri = "", scope, landmarks } = info;
    const described = landmarks === undefined ? {} : { landmarks };
    return {
      ...shared,
      agentId: info.agent_id,
      pipeId: info.pipe_id,
      bootId: info.boot_id,
      offersV2: true,
      source: { schema, uri, identity, scope, facts, ...described },
      capabilities: info.capabilities,
      clock: info.clock,
    };
  }
  const uri = info["source_uri"];
  return {
    ...shared,
    agentId: colon < 0 ? body.task_id : body.task_id.slice(0, colon),
    pipeId: colon < 0 ? "" : body.task_id.slice(colon + 1),
    bootId: undefined,
    offersV2: false,
    source: {
      schema: body.source_type ?? "fs",
      uri: isPlace(uri) ? uri : "",
      identity: "",
      scope: {},
      facts: {},
    },
    capabilities: [],
    clock: undefined,
  };
}

/** What an offer of v2 has to say. `uri` is for people, and may be left out. */
const V2_CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  agent_id: isId,
  boot_id: isId,
  pipe_id: isId,
  schema: isId,
  uri: (value) => value === undefined || isPlace(value),
  root: (value) => isObject(value) && isPlace(value["identity"]),
  landmarks: (value) => value === undefined || isRows(value),
  scope: isObject,
  capabilities: isTexts,
  clock: Number.isFinite,
};

function requireV2(info: Readonly<Record<string, unknown>>): asserts info is V2Info {
  const faulty = Object.keys(V2_CHECKS).filter((key) => V2_CHECKS[key]?.(info[key]) === false);
  if (faulty.length === 0) return;
  throw new DecodeError(
    `client_info offers v2, but has no valid ${faulty.join(", ")}; see docs/http-api.md`,
  );
}

type V2Info = Omit<V2ClientInfo, "uri"> & { readonly uri?: string } & Readonly<
    Record<string, unknown>
  >;

function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= WIRE_LIMITS.idLength;
}

/** Both are kept, listed and logged: no longer than the longest path. */
function isPlace(value: unknown): value is string {
  return typeof value === "string" && value.length <= WIRE_LIMITS.pathLength;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRows(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(isCell));
}

function isCell(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
