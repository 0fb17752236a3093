export * from "./digest.js";
export * from "./find.js";
export * from "./landmarks.js";
export * from "./node.js";
export * from "./paths.js";
export * from "./rows.js";
export * from "./scope.js";
export * from "./view.js";
