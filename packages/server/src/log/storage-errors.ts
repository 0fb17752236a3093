import { FustorError } from "@fustor/core";

/** A file was written by a Fusion that is newer than this one. */
export function newerFormat(path: string, found: number, known: number): FustorError {
  return new FustorError(
    "START_FAILED",
    `${path} has format ${String(found)}, and this Fusion reads formats up to ${String(known)}. ` +
      "Install the newer Fusion again, or restore a backup that this one made.",
  );
}

/** A checkpoint is not whole. The older one may be. */
export class DamagedCheckpointError extends Error {
  override readonly name = "DamagedCheckpointError";
}

/** What a disk says that takes nothing now, and keeps what it has taken. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

/** True where the disk may take later what it refused, with nothing else lost. */
export function mayPass(cause: unknown): boolean {
  return FULL.has(String((cause as NodeJS.ErrnoException).code));
}

/** True for what the system says when it does not do what it was asked for. */
export function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** What is there, and what should be, by what the system says then. */
const OTHER_KIND: ReadonlyMap<string, readonly [found: string, due: string]> = new Map([
  ["EEXIST", ["file", "folder"]],
  ["ENOTDIR", ["file", "folder"]],
  ["EISDIR", ["folder", "file"]],
  ["ERR_FS_EISDIR", ["folder", "file"]],
]);

/** A start came to nothing, and changed nothing. */
export function stateRefused(folder: string, cause: NodeJS.ErrnoException): FustorError {
  const { code = "an error" } = cause;
  const [found, due] = OTHER_KIND.get(code) ?? [];
  if (found !== undefined && due !== undefined) {
    const place = cause.path === undefined ? "" : ` at ${cause.path}`;
    return new FustorError(
      "HOME_UNUSABLE",
      `Fusion cannot use its state in ${folder} (${code}): a ${found} stands where a ${due} ` +
        `belongs${place}. Move that ${found} away, and start Fusion again.`,
      { cause },
    );
  }
  const fix = mayPass(cause)
    ? "Make room on that disk, or make it writable"
    : "Let the user that Fusion runs as read and write all that is in it";
  return new FustorError(
    "HOME_UNUSABLE",
    `Fusion cannot use its state in ${folder} (${code}). ${fix}, and start Fusion again; ` +
      "what was acknowledged is there.",
    { cause },
  );
}

/** The disk refused: from now on nothing is acknowledged. */
export function storageFailed(folder: string, cause: unknown): FustorError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  const fix = mayPass(cause)
    ? "Make room on that disk, or make it writable: Fusion goes on by itself"
    : "Look at that disk, then restart Fusion";
  return new FustorError(
    "STORAGE_FAILED",
    `Fusion cannot write its log in ${folder} (${code}), so it takes no more evidence. ${fix}; ` +
      "what was acknowledged is there.",
    { cause, retryable: true },
  );
}
