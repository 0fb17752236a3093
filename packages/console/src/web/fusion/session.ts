import { signal } from "@preact/signals";
import { ApiError, ask, send, toApiError, type Call } from "../shared/api.js";

/** Who is logged in, as `GET /api/v1/login` says. */
export interface Account {
  readonly key_id: string;
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Seconds since the epoch; null for a key that does not end by itself. */
  readonly expires_at: number | null;
}

/** Undefined before it is known; null for nobody. The key itself is kept by nobody here. */
export const account = signal<Account | null | undefined>(undefined);

/** Why the key of a link was not taken. */
export const linkProblem = signal<ApiError | undefined>(undefined);

/**
 * Finds out who is logged in; a key in the address (`#key=...`) is handed over first. So is one that
 * comes later: opening such a link where the page is open already loads nothing anew.
 */
export async function begin(): Promise<void> {
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#key=")) void findOut();
  });
  await findOut();
}

async function findOut(): Promise<void> {
  const key = takeKeyOfAddress();
  if (key !== "") {
    try {
      await logIn(key);
      return;
    } catch (error) {
      // A key that is not valid any more: whoever is logged in already stays so.
      linkProblem.value = toApiError(error);
    }
  }
  try {
    account.value = await ask<Account>("/api/v1/login");
  } catch {
    // Nobody is logged in, or nobody answers: the page that asks for a key says which.
    account.value = null;
  }
}

/** Hands the key over for a cookie. Throws `ApiError` when it is not taken. */
export async function logIn(key: string): Promise<void> {
  account.value = await ask<Account>("/api/v1/login", { method: "POST", body: { key } });
}

export async function logOut(): Promise<void> {
  await ask("/api/v1/logout", { method: "POST" });
  account.value = null;
}

/** True when what the key may not do needs no button. */
export function isAdmin(): boolean {
  return account.value?.scopes.includes("admin") === true;
}

/** Sends a call of the query API. */
export async function sendCall(path: string, call: Call = {}): Promise<Response> {
  try {
    return await send(path, call);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) account.value = null;
    throw error;
  }
}

/** Sends a call of the query API and reads its answer. */
export async function askFusion<Answer>(path: string, call?: Call): Promise<Answer> {
  const reply = await sendCall(path, call);
  if (reply.status === 204) return undefined as Answer;
  return (await reply.json()) as Answer;
}

/** The address must not keep a key, where it would be copied and remembered. */
function takeKeyOfAddress(): string {
  const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
  if (key !== "") history.replaceState(null, "", location.pathname + location.search);
  return key;
}
