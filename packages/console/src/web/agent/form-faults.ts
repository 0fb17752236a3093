import type { Schema } from "@fustor/core";
import type { ComponentChildren } from "preact";
import type { TextKey } from "../i18n/i18n.js";

/** Why what was typed cannot be the value of an option. */
export interface Fault {
  readonly key: TextKey;
  readonly values: Readonly<Record<string, ComponentChildren>>;
  /** What a pattern asks for, in the words of the driver. */
  readonly means?: string;
}

/** The fault of what was typed; undefined for what the driver takes, and for what is left empty. */
export function faultOf(schema: Schema, typed: string): Fault | undefined {
  if (typed === "") return undefined;
  switch (schema.type) {
    case "integer":
    case "number": {
      const value = Number(typed);
      const isNumber = schema.type === "integer" ? Number.isInteger(value) : !Number.isNaN(value);
      const { minimum = -Infinity, maximum = Infinity } = schema;
      if (typed.trim() === "" || !isNumber) return { key: "drivers.notNumber", values: {} };
      if (value < minimum) return { key: "drivers.tooSmall", values: { min: minimum } };
      return value > maximum ? { key: "drivers.tooLarge", values: { max: maximum } } : undefined;
    }
    case "string": {
      const { pattern, patternMeans = pattern, secret = false } = schema;
      // A secret may be written as the name of where it is.
      if (pattern === undefined || secret || new RegExp(pattern, "u").test(typed)) return undefined;
      return { key: "drivers.misfit", values: {}, means: patternMeans ?? "" };
    }
    case "boolean":
    case "array":
    case "object":
      return undefined;
  }
}
