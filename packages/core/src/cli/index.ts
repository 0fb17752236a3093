export { colors } from "./colors.js";
export { print, printConfig, printValue } from "./print.js";
export { ask, findRunning, type Question, type RunningApp } from "./running.js";
export {
  drain,
  sayReady,
  startService,
  type Service,
  type ServiceContext,
  type StartOptions,
} from "./start.js";
export * from "./stop-signal.js";
export * from "./table.js";
