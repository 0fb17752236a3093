import { configFindings, fine, type Finding } from "@fustor/core/cli";
import { readLogLevel, type Places } from "@fustor/core/host";
import { planFusion, type FusionPlan } from "../plan.js";

/** Is the configuration right? `plan` is undefined when it is not. */
export async function checkConfiguration(
  places: Places,
): Promise<{ readonly plan: FusionPlan | undefined; readonly findings: readonly Finding[] }> {
  try {
    readLogLevel(places.env);
    const plan = await planFusion(places);
    const views = plan.config.views.map(({ id }) => id).join(", ");
    return { plan, findings: [fine(plan.origin.subject, `right: views ${views}`)] };
  } catch (error) {
    return { plan: undefined, findings: configFindings(places.configFile, error) };
  }
}
