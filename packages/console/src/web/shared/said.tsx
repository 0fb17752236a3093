import type { ComponentChildren } from "preact";

/** What came of pressing a button; read out when it changes, and without a place while it is empty. */
export function Said({ children }: { readonly children: ComponentChildren }) {
  return (
    <span class="said quiet small" role="status">
      {children}
    </span>
  );
}
