export * from "./definition.js";
export * from "./metric-set.js";
export * from "./process-metrics.js";
