import { APP_WORDS, type App } from "../../host/app.js";
import { readClaim } from "../../host/pid-file.js";
import type { Fetch } from "../https-fetch.js";
import { fetchFrom } from "../running.js";
import { fault, faultOf, fine, type Finding } from "./finding.js";

/** How long a process that lives may take to say so. */
const ANSWER_MS = 3_000;

/** Does one run in this home, and does it answer? */
export async function checkRunning(home: string, app: App): Promise<Finding> {
  const subject = "process";
  const { noun } = APP_WORDS[app];
  try {
    const claim = await readClaim(home, app);
    if (claim === undefined) return fine(subject, `no ${noun} runs in this home`);
    const pid = String(claim.pid);
    if (!claim.alive) {
      return fine(subject, `${noun} ${pid} ended without a word; the next start takes over`);
    }
    if (claim.url === undefined) return fine(subject, `${noun} ${pid} is starting`);
    const isWell = await answers(fetchFrom(claim), `${claim.url}/healthz`);
    if (isWell) return fine(subject, `${noun} ${pid} answers at ${claim.url}`);
    const fix = `fustor-${app} stop, then fustor-${app} start -D; its log may say why`;
    return fault(subject, `${noun} ${pid} does not answer at ${claim.url}`, fix);
  } catch (error) {
    return faultOf(subject, error);
  }
}

async function answers(fetch: Fetch, url: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await body?.cancel();
    return ok;
  } catch (error) {
    // A certificate that this process does not know was shown by somebody who answers.
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return /CERT|SELF_SIGNED|ISSUER/.test(cause?.code ?? "");
  }
}
