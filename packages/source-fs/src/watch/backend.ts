import type { FsAttributes } from "@fustor/schema-fs";

/** What a back end saw happen to a name. Only a hint: what is true is looked up afterwards. */
export type Hint = "appeared" | "gone" | "written" | "closed" | "touched";

/** A name that went to another one, with all below it. */
export interface Rename {
  readonly from: string;
  readonly to: string;
  readonly isDirectory: boolean;
  /** What was armed at the old name and below is armed under the new one now, and nothing was missed. */
  readonly isArmed: boolean;
}

/** Where a back end tells what it sees. Paths are root-relative; calls return at once. */
export interface WatchEvents {
  /** Something happened to a name in an armed directory; to the root itself for an empty name. */
  dirty(directory: string, name: string, hint: Hint): void;
  /** A name became another one: a hint on both. Told by back ends that see both halves. */
  moved(rename: Rename): void;
  /** Something happened in an armed directory, and nobody knows to which names. */
  dirtyWhole(directory: string): void;
  /** An armed directory was removed or moved; neither it nor anything below is armed any more. */
  gone(directory: string): void;
  /** Events were lost, anywhere. */
  overflow(reason: string): void;
  /** The back end has ended by itself and will tell nothing more. */
  dead(error: Error): void;
}

/**
 * - `armed`: watched from now on, so that its entries must now be listed
 * - `already`: it was watched before, all the time
 * - `gone`: there is no such directory
 * - `refused`: it must not even be read
 * - `busy`: it was changing so much that it could not be watched; it should be tried again soon
 * - `full`: the system allows no more watches, or this back end cannot watch this one
 */
export type ArmResult = "armed" | "already" | "gone" | "refused" | "busy" | "full";

/** Watches single directories, each by itself and not what is below. */
export interface WatchBackend {
  readonly name: "inotify" | "parcel" | "none";
  /**
   * True when it loses events without a word, so that every directory in which something happened
   * must be listed once it is quiet.
   */
  readonly forgetful: boolean;
  /** Directories armed now. */
  readonly watches: number;
  /** How many there can be; 0 when nobody knows. */
  readonly watchesMax: number;
  /**
   * With `ino`, whether it is that very directory that is armed under this path. A back end that is
   * told of every rename knows that anyway.
   */
  isArmed(directory: string, ino?: FsAttributes["ino"]): boolean;
  /** Resolves once the directory is watched, or cannot be. Never rejects. */
  arm(directory: string): Promise<ArmResult>;
  /** Stops watching a directory and everything below. */
  disarm(directory: string): void;
  /** May be called twice. Afterwards nothing is open, and no event follows. */
  close(): Promise<void>;
}
