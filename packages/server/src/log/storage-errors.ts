import { FustorError } from "@fustor/core";

/** A file was written by a Fusion that is newer than this one. */
export function newerFormat(path: string, found: number, known: number): FustorError {
  return new FustorError(
    "START_FAILED",
    `${path} has format ${String(found)}, and this Fusion reads formats up to ${String(known)}. ` +
      "Install the newer Fusion again, or restore a backup that this one made.",
  );
}

/** The disk refused: from now on nothing is acknowledged. */
export function storageFailed(folder: string, cause: unknown): FustorError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new FustorError(
    "STORAGE_FAILED",
    `Fusion cannot write its log in ${folder} (${code}), so it takes no more evidence. Look at ` +
      "that disk, then restart Fusion: what was acknowledged is there.",
    { cause, retryable: true },
  );
}
