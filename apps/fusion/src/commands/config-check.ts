import { findPlaces, type PlaceOptions } from "../places.js";
import { planFusion } from "../plan.js";

/** Says that the configuration is right, or throws what is wrong with it. */
export async function configCheck(options: PlaceOptions): Promise<number> {
  const { config, origin } = await planFusion(findPlaces(options));
  const views = config.views.map(({ id }) => id).join(", ");
  process.stdout.write(`${origin.subject} is right: views ${views}.\n`);
  return 0;
}
