import type { ObjectSchema, Schema } from "@fustor/core";

/** One chapter of the configuration reference. */
export interface Chapter {
  readonly title: string;
  /** Where in a file these options stand. */
  readonly where: string;
  readonly schema: ObjectSchema;
}

/** The configuration reference in Markdown, from the schemas that check the files. */
export function toReference(chapters: readonly Chapter[]): string {
  const parts = chapters.map(({ title, where, schema }) =>
    [`## ${title}`, where, table(schema)].join("\n\n"),
  );
  return [
    "# Configuration reference",
    "Generated from the schemas; see [configuration.md](configuration.md) for the way in.",
    ...parts,
  ]
    .join("\n\n")
    .concat("\n");
}

function table(schema: ObjectSchema): string {
  const rows = options(schema, "");
  return ["| key | type | default | means |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function options({ properties, required = [] }: ObjectSchema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const path = `${prefix}${key}`;
    const isRequired = required.includes(key);
    const cells = [code(path), typeOf(schema), defaultOf(schema, isRequired), meaning(schema)];
    return [`| ${cells.map(escape).join(" | ")} |`, ...below(schema, path)];
  });
}

function below(schema: Schema, path: string): string[] {
  if (schema.type === "object") return options(schema, `${path}.`);
  if (schema.type === "array" && schema.items.type === "object") {
    return options(schema.items, `${path}[].`);
  }
  return [];
}

function typeOf(schema: Schema): string {
  switch (schema.type) {
    case "string":
      if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
      if (schema.patternMeans !== undefined) return `text: ${schema.patternMeans}`;
      return schema.pattern === undefined ? "text" : `text, ${code(schema.pattern)}`;
    case "integer":
    case "number": {
      const { minimum, maximum } = schema;
      if (minimum === undefined) return schema.type;
      const end = maximum === undefined ? " or more" : ` to ${String(maximum)}`;
      return `${schema.type}, ${String(minimum)}${end}`;
    }
    case "array":
      return schema.items.type === "object" ? "list" : `list of ${schema.items.type}s`;
    case "boolean":
    case "object":
      return schema.type;
  }
}

function defaultOf(schema: Schema, isRequired: boolean): string {
  if (schema.default !== undefined && schema.type !== "object") {
    return code(JSON.stringify(schema.default));
  }
  return isRequired ? "must be given" : "";
}

function meaning(schema: Schema): string {
  const secret = schema.type === "string" && schema.secret === true;
  const says = schema.description ?? "";
  return secret ? `${says} A secret: may be \`\${ENV_NAME}\` or \`file:/path\`.` : says;
}

function code(text: string): string {
  return `\`${text}\``;
}

function escape(text: string): string {
  return text.replaceAll("|", "\\|");
}
