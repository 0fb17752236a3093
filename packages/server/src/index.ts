export { AuditLog, auditFileOf } from "./audit-log.js";
export {
  checkFusionConfig,
  defaultFusionConfig,
  fusionConfigSchema,
  pipesOf,
  type ConfigOrigin,
  type FusionConfig,
  type PipeConfig,
  type ViewConfig,
} from "./config.js";
export { isLoopback } from "./config-listen.js";
export { createFusion, type Fusion, type FusionOptions } from "./fusion.js";
export { backUpState, restoreState } from "./log/backup.js";
export { inspectState, type StateReport } from "./log/inspect.js";
export { createKeyStore, type KeyInfo, type KeyStore } from "./keys.js";
export { parseScopes, Scopes, type Scope } from "./scopes.js";
