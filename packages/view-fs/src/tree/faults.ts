/** A link or count of the tree is wrong: a fault of ours, told at once instead of looping on it. */
export function corrupt(what: string): never {
  throw new Error(`The tree is corrupt: ${what}. Reset the view.`);
}

/** The tree holds as much as it can. Nothing was changed. */
export function full(what: string): never {
  throw new RangeError(`The tree is full: ${what}. Split the root into several, or exclude more.`);
}
