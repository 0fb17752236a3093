/** What is exported under one name. Names, labels and units are promises to dashboards and alerts. */
export interface MetricDefinition {
  /** A counter only rises until the process ends; a gauge is as of the moment it is read. */
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds; of histograms only. */
  readonly buckets?: readonly number[];
}

/** By name. A name ends with its unit: `_seconds`, `_bytes`, `_total` for counters, or the noun counted. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

/** From a millisecond to about an hour: for how long something took. */
export const LATENCY_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10] as const;

/** From a blink to a day: for how old something is. */
export const AGE_BUCKETS = [0.1, 0.3, 1, 3, 10, 60, 600, 3_600, 86_400] as const;
