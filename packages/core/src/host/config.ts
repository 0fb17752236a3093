import { createRequire } from "node:module";
import type { Ajv, ValidateFunction } from "ajv";
import type { FormatsPlugin } from "ajv-formats";
import { ConfigError, FustorError } from "../errors.js";
import type { ConfigOf, ObjectSchema } from "../schema.js";
import { toIssues, type Fault } from "./config-issues.js";
import type { Locate } from "./config-places.js";
import { completeSchema } from "./config-schema.js";

/**
 * Returns a copy of `value` that matches `schema`, its defaults filled in. Nothing at all
 * (`undefined`, `null`) counts as an empty config.
 *
 * `subject` is the file's path, or what is being configured; `at` is where in the file the value
 * stands, for a part with a schema of its own.
 *
 * Throws a `ConfigError` with every fault. Never shows the value of a secret.
 */
export function parseConfig<const S extends ObjectSchema>(
  subject: string,
  schema: S,
  value: unknown,
  locate: Locate = () => undefined,
  at = "",
): ConfigOf<S> {
  const validate = compile(subject, schema);
  const config: unknown = structuredClone(value ?? {});
  if (!validate(config)) {
    throw new ConfigError(subject, toIssues((validate.errors ?? []) as Fault[], locate, at));
  }
  return config as ConfigOf<S>;
}

const compiled = new WeakMap<ObjectSchema, ValidateFunction>();

function compile(subject: string, schema: ObjectSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  let completed = schema;
  try {
    completed = completeSchema(schema);
    const validate = loadAjv().compile(completed);
    compiled.set(schema, validate);
    return validate;
  } catch (cause) {
    const reason = explain(completed, cause);
    throw new FustorError(
      "DRIVER_INVALID",
      `The configuration schema for ${subject} is broken: ${reason}. Tell its author.`,
      { cause },
    );
  }
}

/** The schema of schemas says it best, where it finds something. */
function explain(schema: object, cause: unknown): string {
  const { Ajv } = createRequire(import.meta.url)("ajv") as typeof import("ajv");
  const ajv = new Ajv();
  if (ajv.validateSchema(schema, false) === false) return ajv.errorsText(ajv.errors);
  return cause instanceof Error ? cause.message : String(cause);
}

let cached: Ajv | undefined;

/** Loaded on first use: commands that read no configuration start quicker without it. */
function loadAjv(): Ajv {
  if (cached !== undefined) return cached;
  const require = createRequire(import.meta.url);
  const { Ajv } = require("ajv") as typeof import("ajv");
  const { default: addFormats } = require("ajv-formats") as { default: FormatsPlugin };
  cached = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: true,
    // Hands the faulty value and its schema to the wording of the fault.
    verbose: true,
    // Keywords check their own values, and the schema of schemas takes longer than all of ours.
    validateSchema: false,
    meta: false,
  });
  cached.addKeyword({ keyword: "secret", schemaType: "boolean" });
  cached.addKeyword({ keyword: "patternMeans", schemaType: "string" });
  addFormats(cached);
  return cached;
}
