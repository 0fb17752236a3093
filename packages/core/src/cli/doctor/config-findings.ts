import { hasCode, type ConfigError } from "../../errors.js";
import { formatPlace } from "../../host/config-places.js";
import { faultOf, type Finding } from "./finding.js";

/** What is wrong with a configuration file, a finding for each fault, by what reading it threw. */
export function configFindings(configFile: string, error: unknown): readonly Finding[] {
  if (hasCode(error, "USAGE")) return [faultOf("environment", error)];
  if (!hasCode(error, "CONFIG_INVALID")) return [faultOf(configFile, error)];
  return (error as ConfigError).issues.map(({ path, message, place }) => ({
    level: "fault",
    subject: formatPlace(configFile, place),
    message: `${path || "/"} ${message}`,
  }));
}
