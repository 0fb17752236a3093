export { APP_WORDS, type App } from "./app.js";
export { isFromOwnPage, isOwnHost, type BrowserHeaders } from "./browser-guard.js";
export { isFromOwnMachine } from "./own-machine.js";
export { parseConfig } from "./config.js";
export { byPlace } from "./config-issues.js";
export { formatPlace, type Locate } from "./config-places.js";
export { readConfigFile, readYamlFile, type ConfigFile } from "./config-file.js";
export {
  DaemonError,
  reportFailure,
  reportReady,
  startDaemon,
  type DaemonOptions,
  type StartedDaemon,
} from "./daemon.js";
export { driverFolders, type DriverFoldersOptions } from "./driver-folders.js";
export { listDrivers, type InstalledDriver } from "./driver-list.js";
export { EXIT, exitCodeOf, printError } from "./exit-codes.js";
export { hideKeys } from "./hide-keys.js";
export { homeUnusable, prepareHome, resolveHome } from "./home.js";
export { probeHome, writeHomeFile } from "./home-file.js";
export {
  loadDriver,
  resolveDriver,
  type DriverRequest,
  type LoadedDriver,
  type ModuleOf,
  type ResolvedDriver,
} from "./loader.js";
export { blankSecrets, serialiseError } from "./log-fields.js";
export { createLogger, readLogLevel, type LoggerOptions } from "./logger.js";
export { NO_COUNTS } from "./monitor.js";
export { nearest } from "./nearest.js";
export { claimHome, readClaim, type Claim, type ClaimRecord, type KnownClaim } from "./pid-file.js";
export {
  findPlaces,
  parsePort,
  requireText,
  type Launcher,
  type PlaceOptions,
  type Places,
} from "./places.js";
export { redact, resolveSecrets, secretsIn, type SecretOptions } from "./secrets.js";
export { stopProcess, type StopOptions, type StopResult } from "./stop-process.js";
export { createSystemClock, parseTime, systemRandom, type SystemClock } from "./system-clock.js";
export { createSourceProcess, type SourceProcessOptions } from "./source-process.js";
export { preloadDriver, prepareSourceProcess } from "./spare-process.js";
export { shippedUnit, SYSTEM_HOME, systemdUnit, type SystemdUnitOptions } from "./systemd-unit.js";
export { withTurn } from "./turn.js";
export { BUFFER_ROWS_MAX, createPipe, type PipeOptions } from "./pipe-engine.js";
