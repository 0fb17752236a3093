export type { AgentConsoleStatus, DriverForm, LogLine } from "./agent-api.js";
export { CONSOLE_POLICY, loadConsole, type Console, type ConsoleFile } from "./files.js";
