import { urls, type Dialect } from "@fustor/protocol";
import type { Http } from "./http.js";

const TIMEOUT_MS = 3_000;

/** Ends a session at Fusion. Never fails: a session that is not ended times out by itself. */
export async function endSession(http: Http, dialect: Dialect, id: string): Promise<void> {
  const path = urls.sessionOf(dialect, id);
  await http.call({ method: "DELETE", path, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
}
