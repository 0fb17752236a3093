import { print, printFindings } from "@fustor/core/cli";
import { EXIT, findPlaces, type PlaceOptions } from "@fustor/core/host";
import { checkConfiguration } from "../doctor/configuration.js";
import { planFusion } from "../plan.js";

/** Says that the configuration is right, or throws what is wrong with it; as JSON it is printed. */
export async function configCheck(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  if (options.json === true) {
    const { findings } = await checkConfiguration(findPlaces("fusion", options));
    return printFindings(findings, options) ? EXIT.ok : EXIT.config;
  }
  const { config, origin } = await planFusion(findPlaces("fusion", options));
  const views = config.views.map(({ id }) => id).join(", ");
  print([`${origin.subject} is right: views ${views}.`]);
  return 0;
}
