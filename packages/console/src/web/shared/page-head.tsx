import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** The title of a page, also that of the browser's tab, and what belongs beside it. */
export function PageHead({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · Fustor`;
  }, [title]);
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
