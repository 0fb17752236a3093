import { printFindings } from "@fustor/core/cli";
import { EXIT, findPlaces, type PlaceOptions } from "@fustor/core/host";
import { checkAgent } from "../check.js";

/** Prints every finding; 78 when at least one of them is a fault. */
export async function configCheck(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const findings = await checkAgent(findPlaces("agent", options));
  return printFindings(findings, options) ? EXIT.ok : EXIT.config;
}
