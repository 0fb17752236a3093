import { writeSupportBundle } from "@fustor/core/cli";
import { findPlaces, redact, secretsIn, type PlaceOptions, type Places } from "@fustor/core/host";
import { examineAgent } from "../doctor/doctor.js";
import { planAgent } from "../plan.js";
import { VERSION } from "../version.js";

/** Writes what helps to find a fault, without any secret, into one file. */
export async function supportBundle(
  file: string | undefined,
  options: PlaceOptions,
): Promise<number> {
  const places = findPlaces("agent", options);
  await writeSupportBundle(file ?? "", places, {
    app: "agent",
    version: VERSION,
    selfUrl: import.meta.url,
    findings: await examineAgent(places),
    questions: { "status.json": "/api/status", "metrics.txt": "/metrics" },
    ...(await readConfig(places)),
  });
  return 0;
}

async function readConfig(
  places: Places,
): Promise<{ readonly config: unknown; readonly secrets: readonly string[] }> {
  const plan = await planAgent(places).catch(() => undefined);
  // What is wrong with it is among the findings, in words that hold no secret.
  if (plan === undefined) return { config: "not usable; see doctor.json", secrets: [] };
  const drivers = [...plan.sources.values(), ...plan.senders.values()];
  const show = ({ id, driver, config }: (typeof drivers)[number]): object => ({
    id,
    type: driver.module.name,
    config: redact(driver.module.configSchema, config),
  });
  return {
    config: {
      ...plan.config,
      sources: [...plan.sources.values()].map(show),
      senders: [...plan.senders.values()].map(show),
    },
    secrets: drivers.flatMap(({ driver, config }) => secretsIn(driver.module.configSchema, config)),
  };
}
