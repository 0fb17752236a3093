import { ConfigError, hasCode } from "@fustor/core";

const OLD_FORM =
  "is in the form of Fustor 0.8 or older, which is no longer read. Now sources, senders and pipes " +
  "are lists whose items have an id; driver is called type, source is source_id and sender is " +
  "sender_id; options such as uri, driver_params and endpoint stand under config; and " +
  "credential is the key itself";

/** Puts one sentence before the faults of a file that was written for an older Fustor. */
export function nameOldForm(error: unknown, configFile: string): unknown {
  if (!hasCode(error, "CONFIG_INVALID")) return error;
  const { issues } = error as ConfigError;
  const isOld = issues.some(
    ({ path, message }) =>
      (/^\/(sources|senders|pipes)$/.test(path) && message.endsWith("got a mapping")) ||
      (/^\/(sources|senders)\/\d+$/.test(path) && message.includes('unknown key "driver"')),
  );
  return isOld ? new ConfigError(configFile, [{ path: "", message: OLD_FORM }, ...issues]) : error;
}
