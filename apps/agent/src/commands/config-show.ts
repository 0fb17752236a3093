import { printConfig } from "@fustor/core/cli";
import { findPlaces, redact, type PlaceOptions } from "@fustor/core/host";
import { chooseListen } from "../page.js";
import { planAgent } from "../plan.js";

/** Prints the configuration as the agent would use it, secrets hidden. */
export async function configShow(options: PlaceOptions): Promise<number> {
  const places = findPlaces("agent", options);
  const { config, sources, senders } = await planAgent(places);
  const show = (kind: "source" | "sender") => {
    const prepared = kind === "source" ? sources : senders;
    return config[`${kind}s`].map(({ id, type }) => {
      const found = prepared.get(id);
      // Without its driver nobody knows which of its options are secrets.
      if (found === undefined) return { id, type, config: "(driver not found)" };
      return { id, type, config: redact(found.driver.module.configSchema, found.config) };
    });
  };
  const listen = chooseListen(config, places.env);
  await printConfig({ ...config, sources: show("source"), senders: show("sender"), listen });
  return 0;
}
