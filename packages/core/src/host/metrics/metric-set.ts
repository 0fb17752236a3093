import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MetricDefinition, MetricDefinitions } from "./definition.js";

export type Labels = Readonly<Record<string, string>>;

/** Takes one value of a metric. */
export type Tell = (labels: Labels, value: number) => void;

/**
 * The metrics of one process, made from their definitions: nothing can be exported that is not
 * defined, and what is defined is there from the beginning.
 */
export class MetricSet<Definitions extends MetricDefinitions> {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Counter | Gauge | Histogram>();
  readonly #readers = new Map<string, (tell: Tell) => void | Promise<void>>();

  constructor(definitions: Definitions) {
    for (const [name, definition] of Object.entries(definitions)) {
      this.#metrics.set(name, this.#make(name, definition));
    }
  }

  /** The type of what `render` returns, for the header of an answer. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds to a counter. */
  add(name: keyof Definitions & string, labels: Labels, value = 1): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Counter) metric.inc(labels, value);
  }

  /** Notes one value of a histogram. */
  observe(name: keyof Definitions & string, labels: Labels, value: number): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Histogram) metric.observe(labels, value);
  }

  /** Says who tells all values of a metric whenever somebody asks. */
  read(name: keyof Definitions & string, reader: (tell: Tell) => void | Promise<void>): void {
    this.#readers.set(name, reader);
  }

  /** All values in the text format of Prometheus. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #make(name: string, { type, help, labels = [], buckets = [] }: MetricDefinition) {
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    const collect = (): Promise<void> => this.#collect(name);
    switch (type) {
      case "counter":
        return new Counter({ ...common, collect });
      case "gauge":
        return new Gauge({ ...common, collect });
      case "histogram":
        return new Histogram({ ...common, buckets: [...buckets] });
    }
  }

  async #collect(name: string): Promise<void> {
    const reader = this.#readers.get(name);
    const metric = this.#metrics.get(name);
    if (reader === undefined || metric === undefined || metric instanceof Histogram) return;
    const values: [Labels, number][] = [];
    await reader((labels, value) => values.push([labels, value]));
    // What is not told any more must not stay.
    metric.reset();
    for (const [labels, value] of values) {
      if (!Number.isFinite(value)) continue;
      if (metric instanceof Counter) metric.inc(labels, value);
      else metric.set(labels, value);
    }
  }
}
