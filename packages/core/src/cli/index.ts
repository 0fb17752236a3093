export { colors } from "./colors.js";
export * from "./program.js";
export * from "./stop-signal.js";
export * from "./table.js";
