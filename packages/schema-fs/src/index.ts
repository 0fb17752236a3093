export * from "./paths.js";
export * from "./rows.js";
export * from "./scope.js";
export * from "./view.js";
