import { computed } from "@preact/signals";
import { language, t, type TextKey } from "../i18n/i18n.js";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** The chosen language as the browser's user speaks it: `en-GB` for English, if that is preferred. */
const locale = computed(() => {
  const [tongue = ""] = language.value.split("-");
  return navigator.languages.find((each) => each.startsWith(tongue)) ?? language.value;
});

// Made once for a language: making one takes longer than a hundred uses of it.
const momentFormat = computed(
  () => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "medium" }),
);
const dayFormat = computed(
  () => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }),
);
const clockFormat = computed(
  () =>
    new Intl.DateTimeFormat(locale.value, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    }),
);

/** Bytes as people read them: `3.4 GiB`. */
export function bytes(count: number): string {
  const step = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 2 ** (10 * step);
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${number(value, digits)} ${UNITS[step] ?? ""}`;
}

export function count(value: number): string {
  return number(value, 0);
}

/** A rate of so many each second, without digits that only flicker. */
export function rate(value: number): string {
  return number(value, value > 0 && value < 10 ? 1 : 0);
}

/** A large number where there is little room: `1.2M`. */
export function short(value: number): string {
  const format = { notation: "compact", maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(locale.value, format).format(value);
}

/** Something is not nothing, however little. */
const SHARE_MIN = 0.001;

/** A share from 0 to 1. Only all of it is shown as 100 %, and only nothing of it as 0 %. */
export function percent(share: number): string {
  if (share > 0 && share < SHARE_MIN) return `< ${percent(SHARE_MIN)}`;
  const value = share < 1 ? Math.min(share, 0.9999) : share;
  const digits = value === 1 || value === 0 ? 0 : value > 0.99 ? 2 : 1;
  const format = {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const;
  return new Intl.NumberFormat(locale.value, format).format(value);
}

const SPANS: readonly [seconds: number, key: TextKey][] = [
  [86_400, "span.days"],
  [3_600, "span.hours"],
  [60, "span.minutes"],
];

/** A length of time in its largest fitting unit: `3 min`. */
export function duration(seconds: number): string {
  for (const [unit, key] of SPANS) {
    if (seconds >= unit) return t(key, { n: count(Math.floor(seconds / unit)) });
  }
  if (seconds > 0 && seconds < 1) return t("span.ms", { n: count(Math.max(1, seconds * 1_000)) });
  const digits = seconds < 10 && seconds % 1 !== 0 ? 1 : 0;
  return t("span.seconds", { n: number(seconds, digits) });
}

export function ago(seconds: number): string {
  return seconds < 1 ? t("span.now") : t("span.ago", { span: duration(seconds) });
}

/** A moment, in seconds since the epoch, as this browser's user tells the time. */
export function moment(seconds: number): string {
  return momentFormat.value.format(seconds * 1000);
}

/** The same with less: `23 Nov 2026, 08:41`. */
export function day(seconds: number): string {
  return dayFormat.value.format(seconds * 1000);
}

/** As a log shows it: with seconds, and never in halves of a day. */
export function clockTime(seconds: number): string {
  return clockFormat.value.format(seconds * 1000);
}

/** Permission bits as `ls` shows them: `rwxr-xr-x`. */
export function permissions(mode: number): string {
  return Array.from({ length: 9 }, (_, i) =>
    (mode & (1 << (8 - i))) === 0 ? "-" : "rwx".charAt(i % 3),
  ).join("");
}

function number(value: number, digits: number): string {
  return new Intl.NumberFormat(locale.value, {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(value);
}
