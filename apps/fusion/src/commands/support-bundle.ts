import { writeSupportBundle } from "@fustor/core/cli";
import { findPlaces, redact, secretsIn, type PlaceOptions, type Places } from "@fustor/core/host";
import { pipesOf } from "@fustor/server";
import { examineFusion } from "../doctor/doctor.js";
import { planFusion } from "../plan.js";
import { VERSION } from "../version.js";

/** Writes what helps to find a fault, without any secret, into one file. */
export async function supportBundle(
  file: string | undefined,
  options: PlaceOptions,
): Promise<number> {
  const places = findPlaces("fusion", options);
  await writeSupportBundle(file ?? "", places, {
    app: "fusion",
    version: VERSION,
    selfUrl: import.meta.url,
    findings: await examineFusion(places),
    questions: { "readyz.json": "/readyz", "metrics.txt": "/metrics" },
    ...(await readConfig(places)),
  });
  return 0;
}

async function readConfig(
  places: Places,
): Promise<{ readonly config: unknown; readonly secrets: readonly string[] }> {
  const plan = await planFusion(places).catch(() => undefined);
  // What is wrong with it is among the findings, in words that hold no secret.
  if (plan === undefined) return { config: "not usable; see doctor.json", secrets: [] };
  const { config } = plan;
  const secrets: string[] = [];
  const views: object[] = [];
  for (const view of config.views) {
    const { configSchema } = await plan.loadView(view.type);
    secrets.push(...secretsIn(configSchema, view.config));
    views.push({ ...view, config: redact(configSchema, view.config) });
  }
  return { config: { ...config, views, pipes: pipesOf(config) }, secrets };
}
