import type { ComponentChildren } from "preact";
import type { AgentConsolePipe } from "../../agent-api.js";
import { en } from "../i18n/en.js";
import { findText } from "../i18n/i18n.js";
import type { Figure } from "../shared/figures.js";
import { count, duration } from "../shared/format.js";
import { NameText } from "../shared/name-text.js";

const ORDER: readonly string[] = Object.keys(en);
/** Numbers that count nothing. */
const NAMES = new Set(["pid"]);
/** Told elsewhere: how many can be watched, what watches, and how far a walk is. */
const SHOWN = new Set(["watches", "watchesMax", "backend", "backendReason", "walkDirectories"]);

/** What a source says about itself; of keys that this console does not know, the key is the label. */
export function sourceFigures(source: AgentConsolePipe["source"]): readonly Figure[] {
  return Object.entries(source)
    .filter(([key]) => !SHOWN.has(key) || (key === "watches" && source["watchesMax"] === undefined))
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([key, value]) => {
      const label = findText(`source.${key}`);
      return {
        label: label ?? sentence(key),
        isForeign: label === undefined,
        value: shown(key, value),
        title: typeof value === "number" ? String(value) : undefined,
      };
    });
}

/** As they stand in the catalogue, and then those that it does not know. */
function rank(key: string): number {
  const place = ORDER.indexOf(`source.${key}`);
  return place === -1 ? ORDER.length : place;
}

function shown(key: string, value: AgentConsolePipe["source"][string]): ComponentChildren {
  if (typeof value === "number" && !NAMES.has(key)) {
    return key.endsWith("Ms") ? duration(value / 1_000) : count(value);
  }
  return findText(`phase.${String(value)}`) ?? <NameText name={String(value)} />;
}

/** `watchesMax` as `Watches max`. */
function sentence(key: string): string {
  const words = key
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
