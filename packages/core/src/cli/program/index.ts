export * from "./commands.js";
export * from "./common-commands.js";
export * from "./program.js";
export * from "./run-program.js";
