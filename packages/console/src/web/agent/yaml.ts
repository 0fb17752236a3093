import type { ObjectSchema, Schema } from "@fustor/core";
import type { DriverForm } from "../../agent-api.js";

/** What was typed into a form, by JSON pointer; empty is as good as nothing. */
export type Values = Readonly<Record<string, string>>;

/** An entry of `agent-config.yaml` that says what a form says. */
export function toYaml({ kind, type, schema }: DriverForm, values: Values): string {
  const lines = [`${kind}s:`, `  - id: my-${type}`, `    type: ${JSON.stringify(type)}`];
  const config = linesOf(schema, "", values, "      ");
  return [...lines, ...(config.length === 0 ? [] : ["    config:", ...config])].join("\n");
}

function linesOf(
  schema: ObjectSchema,
  prefix: string,
  values: Values,
  indent: string,
): readonly string[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const pointer = `${prefix}/${name}`;
    if (property.type === "object") {
      const inner = linesOf(property, pointer, values, `${indent}  `);
      return inner.length === 0 ? [] : [`${indent}${name}:`, ...inner];
    }
    const typed = values[pointer] ?? "";
    const isRequired = schema.required?.includes(name) === true;
    if (typed === "" && !isRequired) return [];
    return [`${indent}${name}: ${scalar(property, typed)}`];
  });
}

/** JSON's scalars and lists are YAML's, too. A list is typed with commas. */
function scalar(schema: Schema, typed: string): string {
  switch (schema.type) {
    case "integer":
    case "number":
      return Number.isNaN(Number(typed)) ? JSON.stringify(typed) : typed;
    case "boolean":
      return typed;
    case "array":
      return JSON.stringify(
        typed
          .split(",")
          .map((each) => each.trim())
          .filter((each) => each !== ""),
      );
    case "string":
    case "object":
      return JSON.stringify(typed);
  }
}
