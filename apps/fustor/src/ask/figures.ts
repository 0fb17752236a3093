const UNITS = ["", "K", "M", "G", "T", "P", "E"] as const;

/** Bytes as `du -h` shows them: powers of 1024, rounded up, one decimal below ten. */
export function formatHuman(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && Math.ceil(value) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return String(bytes);
  const tenths = Math.ceil(value * 10);
  const text = tenths < 100 ? (tenths / 10).toFixed(1) : String(Math.ceil(value));
  return `${text}${UNITS[unit] ?? ""}`;
}

const moment = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

/** `2026-01-31 23:59:59` in the local time; `-` for what is not known. */
export function formatTime(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? "-" : moment.format(seconds * 1000);
}

const BITS = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"] as const;

/** `drwxr-xr-x`, as `ls -l` begins; `?` for what is not known. */
export function formatMode(
  type: string | null | undefined,
  mode: number | null | undefined,
): string {
  const letter = type === "f" ? "-" : (type ?? "?");
  if (mode === null || mode === undefined) return `${letter}?????????`;
  const groups = [6, 3, 0].map((shift) => BITS[(mode >> shift) & 7] ?? "");
  const special = [4, 2, 1].map((bit) => (mode >> 9) & bit);
  const marked = groups.map((text, index) => {
    if (special[index] === 0) return text;
    const mark = index === 2 ? "t" : "s";
    return text.slice(0, 2) + (text.endsWith("x") ? mark : mark.toUpperCase());
  });
  return letter + marked.join("");
}
