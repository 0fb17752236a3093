import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { language } from "../i18n/i18n.js";
import { clockTime, short } from "./format.js";
import { theme } from "./theme.js";

interface Series {
  readonly label: string;
  /** A custom property of the page, such as `--accent`. */
  readonly color: string;
}

interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  /** Times in seconds, then the values of each series. */
  readonly data: readonly [number[], ...(number | null)[][]];
  readonly format: (value: number) => string;
}

const HEIGHT = 132;
/** Half of what a time takes. */
const CLEAR_PX = 24;
/** A chart shows no less than this, in seconds, so that the first samples do not fill it. */
const SPAN_MIN = 60;

/** Lines over time, with the newest values as text beside the title. */
export function Chart({ title, series, data, format }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const [times, ...columns] = data;
  const dress = theme.value;
  const tongue = language.value;

  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const made = new uPlot(
      options(element.clientWidth, series),
      [times, ...columns] as uPlot.AlignedData,
      element,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => {
      made.redraw(false, true);
    };
    scheme.addEventListener("change", redraw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", redraw);
      made.destroy();
      chart.current = undefined;
    };
  }, [dress, tongue, series.length]);

  useEffect(() => {
    chart.current?.setData([times, ...columns] as uPlot.AlignedData);
  }, [times]);

  const latest = columns.map((column) => column.at(-1) ?? null);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {series.map(({ label, color }, i) => (
          <span class="chart-key" key={label}>
            <span class="chart-dot" style={{ background: `var(${color})` }} />
            <span class="quiet">{label}</span>{" "}
            <b>{typeof latest[i] === "number" ? format(latest[i]) : "–"}</b>
          </span>
        ))}
      </figcaption>
      <div ref={holder} class="chart-plot" aria-hidden="true" />
    </figure>
  );
}

function options(width: number, series: readonly Series[]): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => resolved("--quiet"),
    grid: { stroke: () => resolved("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 26, 0, 0],
    scales: {
      // Asked of the samples themselves: of a single one uPlot makes a day.
      x: { range: ({ data: [times] }) => spanOf(times[0], times.at(-1)) },
      y: { range: (_chart, _min, max) => [0, Math.max(1, max * 1.15)] },
    },
    axes: [
      {
        ...axis,
        space: 90,
        size: 24,
        values: (chart, splits) =>
          splits.map((at) => {
            // One that would stand below the figures of the other axis is left out.
            const isClear = chart.data[0].length > 0 && chart.valToPos(at, "x") > CLEAR_PX;
            return isClear ? clockTime(at) : "";
          }),
      },
      { ...axis, space: 32, size: 46, values: (_chart, splits) => splits.map(short) },
    ],
    series: [
      {},
      ...series.map((each): uPlot.Series => ({
        label: each.label,
        stroke: () => resolved(each.color),
        fill: () => `${resolved(each.color)}1c`,
        width: 1.6,
        points: { show: false },
        spanGaps: true,
      })),
    ],
  };
}

/**
 * A custom property of the page as `#rrggbb`, in the theme that shows: canvases know nothing of
 * `light-dark()`, so the browser is asked what it comes to.
 */
function resolved(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const [red = "0", green = "0", blue = "0"] = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return `#${[red, green, blue]
    .map((part) => Math.round(Number(part)).toString(16).padStart(2, "0"))
    .join("")}`;
}

/** From when to when a chart goes; there are no first and last times where there is no sample. */
function spanOf(first: number | undefined, last: number | undefined): [number, number] {
  const end = last ?? Date.now() / 1_000;
  return [Math.min(first ?? end, end - SPAN_MIN), end];
}
