export { formatBytes } from "./bytes.js";
export { colors } from "./colors.js";
export { writeSupportBundle } from "./bundle/support-bundle.js";
export * from "./doctor/index.js";
export { printCompletion, toCompletionTree, type CompletionTree } from "./completion.js";
export { print, printConfig, printValue } from "./print.js";
export { askQuestions, type Question as InitQuestion } from "./questions.js";
export { createHttpsFetch, type Fetch } from "./https-fetch.js";
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
export { readTlsFiles, type TlsFiles } from "./tls-files.js";
export { printStatus } from "./watch-status.js";
export { writeNewConfig } from "./write-config.js";
