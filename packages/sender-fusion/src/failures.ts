import { FustorError } from "@fustor/core";
import type { Reply } from "./reply.js";

/** What was asked when Fusion said no. */
export interface Asked {
  readonly endpoint: string;
  readonly call: "open" | "ingest" | "heartbeat";
  /** The session, or with `open` the task that wants one. */
  readonly name: string;
}

/** Nothing answers at the endpoint. `code` is the system's or the TLS library's own. */
export function connectionFailure(endpoint: string, code: string, cause: Error): FustorError {
  return new FustorError("SEND_FAILED", connectionSentence(endpoint, code), {
    cause,
    retryable: true,
  });
}

/** Something is there, but took too long. */
export function timeoutFailure(endpoint: string, timeoutMs: number, cause: Error): FustorError {
  const seconds = String(timeoutMs / 1000);
  return new FustorError(
    "SEND_FAILED",
    `Fusion at ${endpoint} did not answer within ${seconds} s. ` +
      "Look whether it is overloaded, or raise senders[].config.request_timeout_sec.",
    { cause, retryable: true },
  );
}

/** The error for a reply that is no success, or no answer to what was asked. */
export function replyFailure(reply: Reply, asked: Asked): FustorError {
  const { status, retryAfterMs } = reply;
  const { endpoint, call, name } = asked;
  const said = reply.words === undefined ? "" : `: ${reply.words}`;
  const retry =
    retryAfterMs === undefined ? { retryable: true } : { retryable: true, retryAfterMs };
  if (status === 401) {
    return new FustorError(
      "UNAUTHORIZED",
      `Fusion at ${endpoint} rejected the key${said}. Create one with ` +
        "`fustor-fusion keys create --scope ingest:PIPE`, set senders[].config.credential and restart the agent.",
    );
  }
  if (status === 403) {
    return new FustorError(
      "FORBIDDEN",
      `Fusion at ${endpoint} knows the key but does not allow this${said}. Use a key with the ` +
        "scope ingest:PIPE of the pipe that should take the data.",
    );
  }
  if (status === 429 || status === 503) {
    return new FustorError(
      "SEND_FAILED",
      `Fusion at ${endpoint} is busy (${String(status)})${said}. It is asked again by itself.`,
      retry,
    );
  }
  if (status === 408 || status >= 500) {
    return new FustorError(
      "SEND_FAILED",
      `Fusion at ${endpoint}, or a proxy in front of it, failed (${String(status)})${said}. See the ` +
        "log there; it is asked again by itself.",
      retry,
    );
  }
  if (status >= 300 && status < 400) {
    return new FustorError(
      call === "open" ? "SESSION_REFUSED" : "SEND_FAILED",
      `${endpoint} redirects to ${reply.location ?? "another place"}. Set ` +
        "senders[].config.endpoint to where Fusion itself answers.",
    );
  }
  if (status < 300 && call !== "open") {
    return new FustorError(
      "SEND_FAILED",
      `What answered for Fusion at ${endpoint} is no reply of a Fusion (${String(status)}). Look ` +
        "for a proxy in between.",
      retry,
    );
  }
  if (call === "open") return openFailure(reply, endpoint, name, said);
  if (status === 404 || status === 419) {
    return lost(`Fusion at ${endpoint} no longer knows session ${name}`);
  }
  // The batches in between are not kept here: a new session starts over with a snapshot.
  if (status === 409) {
    return lost(`Fusion at ${endpoint} missed a batch of session ${name}${said}`);
  }
  if (status === 413) {
    return new FustorError(
      "SEND_FAILED",
      `Fusion at ${endpoint} refused a batch as too large${said}. Raise the size limit of Fusion, ` +
        "or of a proxy in front of it.",
    );
  }
  return new FustorError(
    "SEND_FAILED",
    `Fusion at ${endpoint} refused a request (${String(status)})${said}. Look whether agent and ` +
      "Fusion are of versions that go together.",
  );
}

function openFailure(reply: Reply, endpoint: string, task: string, said: string): FustorError {
  const { status } = reply;
  if (status === 409) {
    return new FustorError(
      "SESSION_REFUSED",
      `Fusion at ${endpoint} already has a live session of ${task}${said}. It ends by itself when ` +
        "that agent is gone; if two agents run, give each an agent_id of its own.",
      { retryable: true },
    );
  }
  if (status === 412) {
    return new FustorError(
      "ROOT_MISMATCH",
      `Fusion at ${endpoint} takes nothing of this root${said}.`,
      {
        retryable: true,
      },
    );
  }
  if (status === 400 || status === 422) {
    return new FustorError(
      "SESSION_REFUSED",
      `Fusion at ${endpoint} refused to open a session for ${task} (${String(status)})${said}.` +
        " Look whether agent and Fusion are of versions that go together.",
    );
  }
  return new FustorError(
    "SESSION_REFUSED",
    `What answers at ${endpoint} is not a Fusion (${String(status)} when asked for a session). ` +
      "Correct senders[].config.endpoint.",
  );
}

function lost(what: string): FustorError {
  return new FustorError("SESSION_LOST", `${what}. A new session is opened by itself.`, {
    retryable: true,
  });
}

/** What OpenSSL says when the first bytes of the other side are none of TLS; Node.js 20 only EPROTO. */
const PLAIN_CODE = /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_)/;

function connectionSentence(endpoint: string, code: string): string {
  const correct = "correct senders[].config.endpoint";
  switch (code) {
    case "ECONNREFUSED":
      return `Fusion at ${endpoint} does not answer (connection refused). Start it, or ${correct}.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return (
        `The host of ${endpoint} cannot be found (${code}). Look whether name resolution works, ` +
        `or ${correct}.`
      );
    case "ECONNRESET":
    case "EPIPE":
      return `Fusion at ${endpoint} cut the connection (${code}). It is asked again by itself.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return `${endpoint} cannot be reached (${code}). Look whether the network leads there, or ${correct}.`;
  }
  if (PLAIN_CODE.test(code)) {
    return (
      `What answers at ${endpoint} speaks no TLS (${code}). Write http:// where Fusion sets no ` +
      `listen.tls, or ${correct}.`
    );
  }
  if (TLS_CODE.test(code)) {
    return (
      `No secure connection to ${endpoint} (${code}). Name the authority of its certificate by ` +
      `senders[].config.ca, or ${correct}.`
    );
  }
  if (code.startsWith("HPE_")) {
    return `What answers at ${endpoint} does not speak HTTP (${code}). Write https:// where TLS is spoken, or ${correct}.`;
  }
  return `Fusion at ${endpoint} cannot be asked (${code || "unknown cause"}). Look at the network, or ${correct}.`;
}
