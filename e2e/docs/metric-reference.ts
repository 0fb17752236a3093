import type { MetricDefinition, MetricDefinitions } from "@fustor/core/metrics";

/** What one program exports. */
export interface MetricChapter {
  readonly title: string;
  readonly where: string;
  readonly metrics: MetricDefinitions;
}

const INTRODUCTION = `# Metrics

Generated from the definitions; see [operations.md](operations.md) for what to do with them.

Both programs answer \`GET /metrics\` in the text format of Prometheus. A name ends with its unit:
seconds, bytes, or what is counted; counters end with \`_total\`. Names and labels are a promise: they
change with a major version only, while new ones may come with any. A limit stands beside what it
limits, under the same name with \`_limit\`. Histograms are exported as \`_bucket\`, \`_sum\` and \`_count\`.`;

/** The reference of metrics in Markdown, from the definitions that make them. */
export function toMetricReference(chapters: readonly MetricChapter[]): string {
  const parts = chapters.map(({ title, where, metrics }) =>
    [`## ${title}`, where, table(metrics)].join("\n\n"),
  );
  return [INTRODUCTION, ...parts].join("\n\n").concat("\n");
}

function table(metrics: MetricDefinitions): string {
  const rows = Object.entries(metrics).map(([name, { type, help, labels = [] }]) => {
    const cells = [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", "), help];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| name | type | labels | says |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** Every name under which a value of a metric is exported. */
export function sampleNames(name: string, { type }: MetricDefinition): readonly string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
