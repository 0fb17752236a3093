import { print } from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import { planFusion } from "../plan.js";

/** Says that the configuration is right, or throws what is wrong with it. */
export async function configCheck(options: PlaceOptions): Promise<number> {
  const { config, origin } = await planFusion(findPlaces("fusion", options));
  const views = config.views.map(({ id }) => id).join(", ");
  print([`${origin.subject} is right: views ${views}.`]);
  return 0;
}
