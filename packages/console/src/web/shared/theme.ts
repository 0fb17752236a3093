import { signal } from "@preact/signals";
import { recall, remember } from "./remembered.js";

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

/** `auto` is what the system wants. */
export const theme = signal<Theme>(initialTheme());

/** Shows everything in another theme, now and at the next visit. */
export function dress(wanted: Theme): void {
  theme.value = wanted;
  document.documentElement.dataset["theme"] = wanted;
  remember("theme", wanted);
}

function initialTheme(): Theme {
  const kept = recall("theme");
  return THEMES.find((each) => each === kept) ?? "auto";
}
