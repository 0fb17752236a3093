import { defineView } from "@fustor/core";
import { configSchema } from "./config.js";
import { createFsView } from "./view.js";

export { configSchema, type FsViewConfig } from "./config.js";
export { createFsView } from "./view.js";

/** The view of a file tree. */
export default defineView({
  name: "fs",
  configSchema,
  create: (config) => createFsView(config),
});
