import { fine, warning, type Finding } from "@fustor/core/cli";
import { parseTime } from "@fustor/core/host";

/** Its own clock's date has whole seconds only. */
const DIFFERENCE_MAX_MS = 2_000;
const ANSWER_MS = 5_000;

/**
 * How far are the clocks of this machine and of a Fusion apart? Nothing where it does not answer:
 * that is for another check to say.
 */
export async function checkClockDifference(
  subject: string,
  endpoint: unknown,
  now: () => number,
): Promise<readonly Finding[]> {
  if (typeof endpoint !== "string" || !/^https?:/.test(endpoint)) return [];
  const askedAt = now();
  const date = await readDate(endpoint);
  if (date === undefined) return [];
  const middle = (askedAt + now()) / 2;
  const differenceMs = date + 500 - middle;
  const said = `its clock and this one differ by ${(Math.abs(differenceMs) / 1_000).toFixed(1)} s`;
  if (Math.abs(differenceMs) <= DIFFERENCE_MAX_MS) return [fine(subject, said)];
  const fix = "let both machines follow one time server (timedatectl set-ntp true)";
  return [warning(subject, `${said}; it is reckoned with, but file times look odd`, fix)];
}

async function readDate(endpoint: string): Promise<number | undefined> {
  try {
    const url = `${endpoint.replace(/\/+$/, "")}/healthz`;
    const reply = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await reply.body?.cancel();
    return parseTime(reply.headers.get("date") ?? "");
  } catch {
    return undefined;
  }
}
