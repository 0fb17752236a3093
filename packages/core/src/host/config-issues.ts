import type { ConfigIssue } from "../errors.js";
import type { Schema } from "../schema.js";
import type { Locate } from "./config-places.js";
import { nearest } from "./nearest.js";

/** A fault as ajv reports it. */
export interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: {
    readonly additionalProperty?: string;
    readonly missingProperty?: string;
    readonly limit?: number;
    readonly pattern?: string;
    readonly format?: string;
  };
  /** The schema that was broken, and the value that broke it. */
  readonly parentSchema?: object;
  readonly data?: unknown;
}

/** Words each fault for the user, in the order of the file. `at` is put before every path. */
export function toIssues(faults: readonly Fault[], locate: Locate, at: string): ConfigIssue[] {
  const mistyped = new Set(
    faults.filter(({ keyword }) => keyword === "type").map(({ instancePath }) => instancePath),
  );
  return (
    faults
      // A value of the wrong type breaks other rules too; one sentence about it is enough.
      .filter(({ keyword, instancePath }) => keyword === "type" || !mistyped.has(instancePath))
      .map((fault) => toIssue(fault, locate, at))
      .sort(byPlace)
  );
}

function toIssue(fault: Fault, locate: Locate, at: string): ConfigIssue {
  const path = at + fault.instancePath;
  const place = locate(path, fault.params.additionalProperty);
  return { path, message: describe(fault), ...(place === undefined ? {} : { place }) };
}

/** The order of the file; what has no place comes first. */
export function byPlace({ place: a }: ConfigIssue, { place: b }: ConfigIssue): number {
  const line = (a?.line ?? 0) - (b?.line ?? 0);
  return line === 0 ? (a?.column ?? 0) - (b?.column ?? 0) : line;
}

function describe({ keyword, params, parentSchema, data, message }: Fault): string {
  const schema = parentSchema as Schema;
  const { limit = 0, additionalProperty = "", missingProperty = "" } = params;
  const got = `, got ${show(data, schema)}`;
  switch (keyword) {
    case "type":
      return `must be ${TYPES[schema.type]}${got}`;
    case "required":
      return describeMissing(missingProperty, schema);
    case "additionalProperties":
      return describeUnknown(additionalProperty, schema);
    case "enum":
      return describeChoice(data, schema) + got;
    case "minLength":
      if (limit === 1) return "must not be empty";
      return `must have at least ${count(limit, "character")}${got}`;
    case "maxLength":
      return `must have at most ${count(limit, "character")}${got}`;
    case "minItems":
      return `must have at least ${count(limit, "item")}${got}`;
    case "maxItems":
      return `must have at most ${count(limit, "item")}${got}`;
    case "minimum":
      return `must be at least ${String(limit)}${got}`;
    case "maximum":
      return `must be at most ${String(limit)}${got}`;
    case "pattern":
      return `must ${describePattern(schema, params.pattern ?? "")}${got}`;
    case "format":
      return `must be ${describeFormat(params.format ?? "")}${got}`;
    default:
      return `${message ?? "is not valid"}${got}`;
  }
}

const TYPES: Record<Schema["type"], string> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys to values",
};

function describeFormat(format: string): string {
  if (format === "uri") return "a URL such as http://localhost:8102";
  return `a valid ${format}`;
}

function describePattern(schema: Schema, pattern: string): string {
  const means = schema.type === "string" ? schema.patternMeans : undefined;
  return means === undefined ? `match ${pattern}` : `be ${means}`;
}

function describeMissing(key: string, schema: Schema): string {
  const description = schema.type === "object" ? schema.properties[key]?.description : undefined;
  return `needs the key "${key}"${description === undefined ? "" : ` (${description})`}`;
}

function describeUnknown(key: string, schema: Schema): string {
  const known = schema.type === "object" ? Object.keys(schema.properties) : [];
  const meant = nearest(key, known);
  if (meant !== undefined) return `has an unknown key "${key}"; did you mean "${meant}"?`;
  if (known.length === 0) return `has an unknown key "${key}"; it takes none`;
  return `has an unknown key "${key}"; it takes ${known.join(", ")}`;
}

function describeChoice(data: unknown, schema: Schema): string {
  const choices = schema.type === "string" ? (schema.enum ?? []) : [];
  const meant = typeof data === "string" ? nearest(data, choices) : undefined;
  const hint = meant === undefined ? "" : ` (did you mean "${meant}"?)`;
  return `must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}${hint}`;
}

const SHOWN_CHARACTERS_MAX = 80;

/** A user and password, or a query, as they stand in an address. */
const MAY_HOLD_SECRET = /\/\/.*[@?]|:.*@|\?.*=/s;

/**
 * The value as the user wrote it, where that is safe: a secret is never shown, and neither is
 * what stands in the place of a list or mapping, since it may belong to a secret inside.
 */
function show(value: unknown, schema: Schema): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  const hidden =
    schema.type === "array" ||
    schema.type === "object" ||
    (schema.type === "string" && schema.secret === true);
  if (hidden) return typeof value === "boolean" ? "true or false" : `a ${typeof value}`;
  if (typeof value === "string" && MAY_HOLD_SECRET.test(value)) return "a value that is not shown";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}...` : text;
}

function count(limit: number, noun: string): string {
  return `${String(limit)} ${noun}${limit === 1 ? "" : "s"}`;
}
