import type { ComponentChildren } from "preact";

export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

/** A state in a word or two; its colour says the same again. */
export function Badge({
  tone,
  children,
  title,
}: {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  readonly title?: string;
}) {
  return (
    <span class={`badge badge-${tone}`} title={title}>
      {children}
    </span>
  );
}
