import { afterAll, onTestFinished } from "vitest";

/** Takes what undoes something; it is called when the test, or the group of tests, has ended. */
export type AtEnd = (undo: () => Promise<unknown>) => void;

/** For what one test makes. */
export const atEndOfTest: AtEnd = (undo) => {
  onTestFinished(async () => {
    await undo();
  });
};

/** For what the tests of one `describe` share. Call it in the body of the `describe`. */
export function atEndOfGroup(): AtEnd {
  const undos: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const undo of undos.reverse()) await undo();
  });
  return (undo) => {
    undos.push(undo);
  };
}
