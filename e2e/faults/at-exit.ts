import type { AtEnd } from "../support/at-end.js";

/** For programs that are no tests: what is to be undone when `end` is called, or on Ctrl-C. */
export function atExit(): { readonly atEnd: AtEnd; readonly end: () => Promise<void> } {
  const undos: (() => Promise<unknown>)[] = [];
  const end = async (): Promise<void> => {
    for (const undo of undos.splice(0).reverse()) await undo().catch(() => undefined);
  };
  const leave = (): void => {
    void end().finally(() => process.exit(130));
  };
  process.once("SIGINT", leave).once("SIGTERM", leave);
  return { atEnd: (undo) => undos.push(undo), end };
}
