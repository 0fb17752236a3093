import { defineSender } from "@fustor/core";
import { configSchema } from "./config.js";
import { FusionSender } from "./sender.js";

/** Sends what a pipe carries to a Fusion: v2, or v1 to an older one. */
export default defineSender({
  name: "fusion",
  configSchema,
  create: (config, { clock }) => new FusionSender(config, clock),
});
