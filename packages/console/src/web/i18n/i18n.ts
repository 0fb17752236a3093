import { computed, signal } from "@preact/signals";
import { remember, recall } from "../shared/remembered.js";
import { en } from "./en.js";
import { zhCN } from "./zh-cn.js";

export type TextKey = keyof typeof en;
export type Language = "en" | "zh-CN";

export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", "zh-CN": "简体中文" };

const CATALOGUES: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = {
  en,
  "zh-CN": zhCN,
};

/** What all texts, numbers and times are shown in. */
export const language = signal<Language>(initialLanguage());

const catalogue = computed(() => CATALOGUES[language.value]);

/** Shows everything in another language, now and at the next visit. */
export function speak(wanted: Language): void {
  language.value = wanted;
  document.documentElement.lang = wanted;
  remember("language", wanted);
}

/** The text of a key; `{name}` in it is replaced by the value of that name. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return catalogue.value[key].replace(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? ""),
  );
}

/** The text of a key in parts: what it says, the name of a value, what it says, and so on. */
export function phrase(key: TextKey): readonly string[] {
  return catalogue.value[key].split(/\{(\w+)\}/);
}

/** The text of a key that is made from what a server says; undefined when there is none. */
export function findText(key: string): string | undefined {
  return Object.hasOwn(en, key) ? t(key as TextKey) : undefined;
}

function initialLanguage(): Language {
  const kept = recall("language");
  if (kept === "en" || kept === "zh-CN") return kept;
  return navigator.languages.some((each) => /^zh\b/i.test(each)) &&
    !/^en\b/i.test(navigator.language)
    ? "zh-CN"
    : "en";
}
