import { printFindings } from "@fustor/core/cli";
import { EXIT, findPlaces, type PlaceOptions } from "@fustor/core/host";
import { examineAgent } from "../doctor/doctor.js";

/** Prints what was looked at, with what to do; 1 when something is at fault. */
export async function doctor(options: PlaceOptions & { readonly json?: boolean }): Promise<number> {
  const findings = await examineAgent(findPlaces("agent", options));
  return printFindings(findings, options) ? EXIT.ok : EXIT.failure;
}
