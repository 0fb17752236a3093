const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;
const number = new Intl.NumberFormat("en");

/** `12,345` */
export function formatCount(count: number): string {
  return number.format(count);
}

/** `1 file`, `12,345 files` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `4.5 GB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}

/** `3.2 s` */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
