import { DecodeError } from "./errors.js";

/** The members of a message as it came. */
export type Fields = Readonly<Record<string, unknown>>;

export function text(fields: Fields, name: string, where: string, lengthMax: number): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "" || value.length > lengthMax) {
    throw new DecodeError(
      `${where}.${name} must be a text of 1 to ${String(lengthMax)} characters`,
    );
  }
  return value;
}

export function oneOf<const T extends string>(
  fields: Fields,
  name: string,
  where: string,
  allowed: readonly T[],
): T {
  const found = allowed.find((word) => word === fields[name]);
  if (found === undefined) {
    throw new DecodeError(`${where}.${name} must be one of ${allowed.join(", ")}`);
  }
  return found;
}

export function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
