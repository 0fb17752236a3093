import { listDrivers } from "../../host/driver-list.js";
import { fault, fine, warning, type Finding } from "./finding.js";

/** Which drivers are found from here, and can each be used? */
export async function checkDrivers(folders: readonly string[]): Promise<readonly Finding[]> {
  const drivers = await listDrivers(folders);
  if (drivers.length === 0) {
    const fix = "install one beside the program, e.g. npm install @fustor/source-fs";
    return [warning("drivers", "none is installed", fix)];
  }
  return drivers.map(({ packageName, version, problem, folder }) => {
    const subject = `driver ${packageName}`;
    if (problem === undefined) return fine(subject, `${version} fits`);
    return fault(subject, problem, `update or remove it: ${folder}`);
  });
}
