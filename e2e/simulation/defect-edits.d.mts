/** A file, what stands there, and what would stand there instead. */
export type Edit = readonly [file: string, text: string, instead: string];

export interface Defect {
  readonly defect: string;
  /** A file of tests, and the name of the one that keeps the defect away. */
  readonly test: readonly [file: string, name: string];
  readonly edits: readonly Edit[];
}

export declare const DEFECTS: readonly Defect[];
