import type { ObjectSchema, Schema } from "../schema.js";

/**
 * Writes out what schemas leave unsaid: an object is closed unless it is open on purpose, and a
 * missing object that has defaults inside is filled with them.
 */
export function completeSchema(schema: ObjectSchema): ObjectSchema {
  const { type, required = [], properties, additionalProperties = false } = schema;
  return {
    type,
    required,
    additionalProperties,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, property]) => [key, completeProperty(property)]),
    ),
  };
}

function completeProperty(schema: Schema): Schema {
  switch (schema.type) {
    case "object": {
      const filled = schema.default ?? (canFill(schema) ? {} : undefined);
      const completed = { ...schema, ...completeSchema(schema) };
      return filled === undefined ? completed : { ...completed, default: filled };
    }
    case "array":
      return { ...schema, items: completeProperty(schema.items) };
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return schema;
  }
}

/** True when `{}` gains something by its defaults and is then valid. */
function canFill(schema: ObjectSchema): boolean {
  const { properties, required = [] } = schema;
  return (
    required.every((key) => properties[key] !== undefined && hasDefault(properties[key])) &&
    Object.values(properties).some(hasDefault)
  );
}

function hasDefault(schema: Schema): boolean {
  return schema.default !== undefined || (schema.type === "object" && canFill(schema));
}
