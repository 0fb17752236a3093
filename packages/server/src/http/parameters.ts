import type { ConfigOf, ObjectSchema, Schema } from "@fustor/core";
import { nearest } from "@fustor/core/host";
import { Problem } from "../problem.js";
import { readText, type Query } from "./query-params.js";

/**
 * The parameters of a request, as their schema describes them, with its defaults. Answers 400 naming
 * the first parameter that is not known, or not what it should be.
 */
export function readParameters<const S extends ObjectSchema>(schema: S, query: Query): ConfigOf<S> {
  const known = Object.keys(schema.properties);
  for (const name of Object.keys(query)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const all = known.length === 0 ? "This call has none." : `There are ${known.join(", ")}.`;
    const hint = meant === undefined ? all : `Did you mean "${meant}"?`;
    throw new Problem("BAD_REQUEST", `There is no parameter "${name.toWellFormed()}".`, { hint });
  }
  const values: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(schema.properties)) {
    const text = readText(query, name);
    const value = text === undefined ? each.default : readValue(name, each, text);
    if (value !== undefined) values[name] = value;
  }
  // Every property was read by the schema that the type is made of.
  return values as ConfigOf<S>;
}

/** For calls that have none. Answers 400 naming the first. */
export function requireNoParameters(query: Query): void {
  readParameters(NO_PARAMETERS, query);
}

const NO_PARAMETERS = { type: "object", properties: {} } as const satisfies ObjectSchema;

function readValue(name: string, schema: Schema, text: string): unknown {
  switch (schema.type) {
    case "boolean":
      if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return true;
      if (["false", "0", "no", "off"].includes(text.toLowerCase())) return false;
      throw wrong(name, text, "true or false");
    case "integer":
    case "number": {
      const { minimum = -Infinity, maximum = Infinity } = schema;
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
      if (value >= minimum && value <= maximum) return value;
      const range = maximum === Infinity ? "" : ` and at most ${String(maximum)}`;
      throw wrong(name, text, `a whole number of at least ${String(minimum)}${range}`);
    }
    case "string": {
      const { enum: words, pattern, patternMeans = "", maxLength = Infinity } = schema;
      if (words !== undefined && !words.includes(text)) throw wrong(name, text, words.join(" or "));
      if (pattern !== undefined && !new RegExp(pattern).test(text)) {
        throw wrong(name, text, patternMeans);
      }
      if (text.length <= maxLength) return text;
      throw wrong(name, `${text.slice(0, 40)}...`, `at most ${String(maxLength)} characters long`);
    }
    case "array":
    case "object":
      throw new Error(`the parameter ${name} cannot be a list or an object`);
  }
}

function wrong(name: string, text: string, wanted: string): Problem {
  const shown = JSON.stringify(text.toWellFormed());
  return new Problem("BAD_REQUEST", `The parameter ${name} is ${shown}; it must be ${wanted}.`);
}
