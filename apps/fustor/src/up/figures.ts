const number = new Intl.NumberFormat("en");

/** `12,345` */
export function formatCount(count: number): string {
  return number.format(count);
}

/** `1 file`, `12,345 files` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `3.2 s` */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
