import { join } from "node:path";
import { fault, faultOf, fine, warning, type Finding } from "@fustor/core/cli";
import { readClaim } from "@fustor/core/host";
import { inspectState, type StateReport } from "@fustor/server";

/** Are log and checkpoints whole, and does nobody else use them? */
export async function checkState(
  home: string,
): Promise<{ readonly bytes: number; readonly findings: readonly Finding[] }> {
  const folder = join(home, "state");
  const subject = `state ${folder}`;
  try {
    const report = await inspectState(folder);
    if (report === undefined) return { bytes: 0, findings: [fine(subject, "is not there yet")] };
    const bytes = 2 * report.checkpointBytes + report.logBytes;
    const findings = [
      ...describeDamage(subject, report),
      ...describeAside(folder, report),
      ...(await describeHolder(home, subject, report)),
    ];
    return { bytes, findings };
  } catch (error) {
    return { bytes: 0, findings: [faultOf(subject, error)] };
  }
}

function describeDamage(
  subject: string,
  { damage, segments, records, checkpoints }: StateReport,
): readonly Finding[] {
  if (damage.length === 0) {
    const log = `${String(records)} records in ${String(segments)} segments of the log`;
    return [fine(subject, `whole: ${log}, ${String(checkpoints)} checkpoints`)];
  }
  const fix =
    "look at the disk (dmesg, smartctl), then restart Fusion: it sets the damage aside, and the " +
    "agents look at everything again";
  return damage.map((reason) => fault(subject, reason, fix));
}

function describeAside(folder: string, { setAside }: StateReport): readonly Finding[] {
  if (setAside === 0) return [];
  const place = join(folder, "log", "quarantine");
  const said = `${String(setAside)} damaged segments were set aside by an earlier start`;
  return [warning(place, said, "look at the disk, and remove the folder when nobody needs it")];
}

async function describeHolder(
  home: string,
  subject: string,
  { holder }: StateReport,
): Promise<readonly Finding[]> {
  if (holder === undefined) return [];
  const claim = await readClaim(home, "fusion").catch(() => undefined);
  if (claim?.alive === true && String(claim.pid) === holder) return [];
  const who = /^\d+$/.test(holder) ? `process ${holder}` : "another process";
  return [fault(subject, `is in use by ${who}`, "stop that one, or set FUSTOR_HOME to another")];
}
