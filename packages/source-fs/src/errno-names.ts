import { constants } from "node:os";

const NAMES = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** The system's word for the number of an error, e.g. `EACCES`. */
export function nameOfErrno(errno: number): string {
  return NAMES.get(errno) ?? `errno ${String(errno)}`;
}
