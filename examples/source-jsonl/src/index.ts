import { defineSource } from "@fustor/core";
import { configSchema } from "./config.js";
import { JsonlSource } from "./source.js";

/** Follows a file of JSON lines. */
export default defineSource({
  name: "jsonl",
  configSchema,
  create: (config, { clock }) => new JsonlSource(config, clock),
});
