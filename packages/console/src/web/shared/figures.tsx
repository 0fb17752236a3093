import type { ComponentChildren } from "preact";

/** A figure and what it is of. */
export interface Figure {
  readonly label: string;
  readonly value: ComponentChildren;
  readonly title?: string | undefined;
  /** The label is not in the language of the page: it is that of a driver by others. */
  readonly isForeign?: boolean;
}

/** Figures side by side, as many as fit into a line. */
export function Figures({ of }: { readonly of: readonly Figure[] }) {
  return (
    <dl class="figures">
      {of.map(({ label, value, title, isForeign = false }) => (
        <div key={label} title={title}>
          <dt lang={isForeign ? "en" : undefined}>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A share from 0 to 1 as a bar. The figure stands beside it as text. */
export function Bar({ share, label }: { readonly share: number; readonly label?: string }) {
  const width = `${String(Math.max(0, Math.min(1, share)) * 100)}%`;
  const said =
    label === undefined
      ? ({ "aria-hidden": "true" } as const)
      : ({
          role: "progressbar",
          "aria-label": label,
          "aria-valuemin": 0,
          "aria-valuemax": 100,
          "aria-valuenow": Math.round(share * 100),
        } as const);
  return (
    <span class="bar" {...said}>
      <span style={{ width }} />
    </span>
  );
}
