import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { fault, fine, warning, type Finding } from "./finding.js";

const MIB = 1024 * 1024;

export interface SpaceNeeds {
  /** With less it cannot run. */
  readonly bytesMin: number;
  /** With less it may not run for long. */
  readonly bytesWanted: number;
}

/** Has the disk of the home room enough? */
export async function checkDiskSpace(
  home: string,
  { bytesMin, bytesWanted }: SpaceNeeds,
): Promise<Finding> {
  const subject = "disk space";
  const disk = await statfs(home).catch(() => statfs(dirname(home)).catch(() => undefined));
  if (disk === undefined) {
    return warning(subject, `nobody can tell for ${home}`, "look at the folder that it is in");
  }
  const free = disk.bavail * disk.bsize;
  const said = `${mib(free)} free for ${home}`;
  if (free < bytesMin) return fault(subject, said, `make room: ${mib(bytesMin)} is the least`);
  if (free >= bytesWanted) return fine(subject, said);
  return warning(subject, said, `make room: ${mib(bytesWanted)} would be enough`);
}

function mib(bytes: number): string {
  return `${String(Math.floor(bytes / MIB))} MiB`;
}
