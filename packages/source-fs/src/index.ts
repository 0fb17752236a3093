import { defineSource } from "@fustor/core";
import { configSchema } from "./config.js";
import { FsSource } from "./source.js";

/** Watches and lists a file tree. */
export default defineSource({
  name: "fs",
  configSchema,
  create: (config, context) => new FsSource(config, context),
});
