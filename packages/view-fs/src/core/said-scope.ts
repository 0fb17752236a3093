import { createScope, type Scope } from "@fustor/schema-fs";

/** A scope, and what an agent said of it. */
export interface SaidScope extends Scope {
  readonly said: Readonly<Record<string, unknown>>;
}

/** A scope that cannot be understood admits nothing, so that no silence in it removes anything. */
export function readScope(said: Readonly<Record<string, unknown>>): SaidScope {
  const { filePattern = said["file_pattern"] ?? "*", exclude = [] } = said;
  if (typeof filePattern !== "string" || filePattern === "" || !Array.isArray(exclude)) {
    return NOTHING;
  }
  if (!exclude.every((item): item is string => typeof item === "string")) return NOTHING;
  if (filePattern === "*" && exclude.length === 0) return EVERYTHING;
  try {
    return { ...createScope({ filePattern, exclude }), said: { filePattern, exclude } };
  } catch {
    return NOTHING;
  }
}

export const NOTHING: SaidScope = { admits: (path) => path === "/", said: { filePattern: "" } };
export const EVERYTHING: SaidScope = { admits: () => true, said: {} };
