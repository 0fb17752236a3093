import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { faultOf, fault, fine, warning, type Finding } from "@fustor/core/cli";
import { parseTime } from "@fustor/core/host";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Time enough to get a new one. */
const DAYS_WANTED = 14;

/** Is the certificate valid still, and for how long? */
export async function checkCertificate(file: string, now: number): Promise<Finding> {
  const subject = `certificate ${file}`;
  try {
    const { validTo } = new X509Certificate(await readFile(file));
    const days = Math.floor(((parseTime(validTo) ?? 0) - now) / DAY_MS);
    const fix = `put a new one in its place; a running Fusion takes it by itself`;
    if (days < 0) return fault(subject, `expired on ${validTo}`, fix);
    if (days < DAYS_WANTED) return warning(subject, `expires on ${validTo}`, fix);
    return fine(subject, `valid until ${validTo}`);
  } catch (error) {
    return faultOf(subject, error);
  }
}
