import { printConfig } from "@fustor/core/cli";
import { findPlaces, redact, type PlaceOptions } from "@fustor/core/host";
import { pipesOf } from "@fustor/server";
import { planFusion } from "../plan.js";

/** Prints the configuration as Fusion would use it, secrets hidden. */
export async function configShow(options: PlaceOptions): Promise<number> {
  const plan = await planFusion(findPlaces("fusion", options));
  const { config } = plan;
  const views = await Promise.all(
    config.views.map(async (view) => {
      const { configSchema } = await plan.loadView(view.type);
      return { ...view, config: redact(configSchema, view.config) };
    }),
  );
  await printConfig({ ...config, views, pipes: pipesOf(config) });
  return 0;
}
