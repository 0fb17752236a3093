export * from "./digest.js";
export * from "./paths.js";
export * from "./rows.js";
export * from "./scope.js";
export * from "./view.js";
