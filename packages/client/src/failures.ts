import { FustorError } from "@fustor/core";

/** What was asked, for the sentence that says why there is no answer. */
export interface Asked {
  readonly endpoint: string;
  readonly view: string;
  /** The path in the view, if the call has one. */
  readonly path?: string | undefined;
}

/** The same, and which scope a key needs for it. */
interface Refused extends Asked {
  readonly scope: string;
}

/** Nothing answers at the endpoint. */
export function unreachable({ endpoint }: Asked, cause: unknown): FustorError {
  const reason = reasonOf(cause);
  if (/CERT|SELF_SIGNED|ISSUER/.test(reason)) {
    return new FustorError(
      "SEND_FAILED",
      `The certificate that ${endpoint} shows is not trusted (${reason}). Name its authority, or ` +
        "the address that stands in it: with fustor by --ca FILE or FUSTOR_CA.",
      { cause },
    );
  }
  return new FustorError(
    "NOT_RUNNING",
    `No Fusion answers at ${endpoint}${reason === "" ? "" : ` (${reason})`}. ` +
      "Start it, or name the address of the one that runs.",
    { cause, retryable: true },
  );
}

/** An answer that ended before its end. */
export function cutOff({ endpoint }: Asked, cause?: unknown): FustorError {
  return new FustorError(
    "SEND_FAILED",
    `The answer of the Fusion at ${endpoint} was cut off. Ask again.`,
    { cause, retryable: true },
  );
}

/** What an answer other than 2xx means. */
export async function refusal(reply: Response, asked: Refused): Promise<FustorError> {
  const { endpoint, view, scope } = asked;
  const { status } = reply;
  const detail = await readDetail(reply);
  switch (status) {
    case 400:
    case 409:
    case 422:
      return new FustorError("USAGE", `Fusion does not take this question: ${detail}`);
    case 401:
      return new FustorError(
        "UNAUTHORIZED",
        `The Fusion at ${endpoint} does not know this key. ` +
          `Make one with: fustor-fusion keys create --scope ${scope}`,
      );
    case 403:
      return new FustorError(
        "FORBIDDEN",
        `This key may not ask ${scope === "admin" ? "" : `the view "${view}" `}for that. ` +
          `Make one with: fustor-fusion keys create --scope ${scope}`,
      );
    case 404:
      return new FustorError("NOT_FOUND", describeMissing(detail, asked));
    case 429:
    case 503:
      return new FustorError("NOT_READY", `The view "${view}" cannot answer yet: ${detail}`, {
        retryable: true,
        ...retryAfter(reply),
      });
    default:
      return new FustorError(
        "SEND_FAILED",
        `The Fusion at ${endpoint} answered ${String(status)}: ${detail}`,
        { retryable: status >= 500 },
      );
  }
}

/** Fusion tells of a missing path in the words of its first clients, which nobody else can read. */
function describeMissing(detail: string, { endpoint, view, path }: Asked): string {
  if (detail.startsWith("There is no view ")) return `${detail} With fustor name one by --view.`;
  if (/^(There is no|No agent) /.test(detail)) return detail;
  if (path !== undefined) return `There is no "${printable(path)}" in the view "${view}".`;
  return `The Fusion at ${endpoint} does not know this call: ${detail}`;
}

/** Without what a terminal would take for an order. */
function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, "?");
}

async function readDetail(reply: Response): Promise<string> {
  const text = await reply.text().catch(() => "");
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown };
    if (typeof detail === "string") return detail;
    if (detail !== undefined) return JSON.stringify(detail);
  } catch {
    // No JSON: something else than Fusion answers, in its own words.
  }
  return text.slice(0, 200) || reply.statusText;
}

function retryAfter({ headers }: Response): { readonly retryAfterMs?: number } {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {};
}

/** `fetch` hides the reason one level down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { cause } = error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return error.message;
}
