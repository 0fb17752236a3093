export * from "./drivers.js";
export * from "./errors.js";
export * from "./logger.js";
export * from "./messages.js";
export * from "./pipe.js";
export * from "./schema.js";
export * from "./time.js";
export * from "./views.js";
