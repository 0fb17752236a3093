import type { ObjectSchema, Schema } from "@fustor/core";

/** What the newer calls of the query API take, in Markdown, from the schemas that check requests. */
export function toQueryReference(calls: Readonly<Record<string, ObjectSchema>>): string {
  const parts = Object.entries(calls).map(([call, { properties }]) =>
    [`## ${call}`, `\`GET /api/v1/views/V/${call}\``, table(properties)].join("\n\n"),
  );
  return [
    "# Query reference",
    "Generated from the schemas; see [http-api.md](http-api.md) for what the calls are for.",
    ...parts,
  ]
    .join("\n\n")
    .concat("\n");
}

function table(properties: Readonly<Record<string, Schema>>): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const means = (schema.description ?? "").replaceAll("|", "\\|");
    return `| \`${name}\` | ${typeOf(schema)} | ${defaultOf(schema)} | ${means} |`;
  });
  return ["| parameter | type | default | means |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function typeOf(schema: Schema): string {
  if (schema.type === "string" && schema.enum !== undefined) {
    return schema.enum.map((word) => `\`${word}\``).join(", ");
  }
  if (schema.type !== "integer") return schema.type;
  const { minimum, maximum } = schema;
  const range = [
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(maximum === undefined ? [] : [`to ${String(maximum)}`]),
  ];
  return ["integer", ...range].join(" ");
}

function defaultOf(schema: Schema): string {
  if (schema.type === "array" || schema.type === "object") return "";
  return schema.default === undefined ? "" : `\`${String(schema.default)}\``;
}
