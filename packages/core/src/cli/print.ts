/** How wide a table may be where nobody says how wide the terminal is. */
const WIDTH_DEFAULT = 120;

/** Prints lines for people. */
export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Prints a value as JSON when that was asked for, else in the lines that `format` makes of it. */
export function printValue<Value>(
  value: Value,
  { json }: { readonly json?: boolean },
  format: (value: Value, width: number) => readonly string[],
): void {
  // A terminal that does not know its width says 0.
  const width = (process.stdout.isTTY && process.stdout.columns) || WIDTH_DEFAULT;
  print(json === true ? [JSON.stringify(value, undefined, 2)] : format(value, width));
}

/** Prints a configuration in the form in which it is written. */
export async function printConfig(config: object): Promise<void> {
  const { dump } = await import("js-yaml");
  process.stdout.write(dump(config, { lineWidth: 100 }));
}
