import type { ComponentChildren } from "preact";
import { phrase, type TextKey } from "../i18n/i18n.js";

/** A text whose values are more than text, such as a name that is shown with care. */
export function Phrase({
  of,
  values,
}: {
  readonly of: TextKey;
  readonly values: Readonly<Record<string, ComponentChildren>>;
}) {
  return <>{phrase(of).map((part, i) => (i % 2 === 0 ? part : values[part]))}</>;
}
