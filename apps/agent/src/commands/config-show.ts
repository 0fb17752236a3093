import { redact } from "@fustor/core/host";
import { planAgent } from "../plan.js";
import { findPlaces, type PlaceOptions } from "../places.js";

/** Prints the configuration as the agent would use it, secrets hidden. */
export async function configShow(options: PlaceOptions): Promise<number> {
  const { dump } = await import("js-yaml");
  const { config, sources, senders } = await planAgent(findPlaces(options));
  const show = (kind: "source" | "sender") => {
    const prepared = kind === "source" ? sources : senders;
    return config[`${kind}s`].map(({ id, type }) => {
      const found = prepared.get(id);
      // Without its driver nobody knows which of its options are secrets.
      if (found === undefined) return { id, type, config: "(driver not found)" };
      return { id, type, config: redact(found.driver.module.configSchema, found.config) };
    });
  };
  const shown = { ...config, sources: show("source"), senders: show("sender") };
  process.stdout.write(dump(shown, { lineWidth: 100 }));
  return 0;
}
