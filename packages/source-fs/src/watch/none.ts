import type { ArmResult, WatchBackend } from "./backend.js";

/** Watches nothing: every directory is looked at from time to time instead. */
export class NoBackend implements WatchBackend {
  readonly name = "none";
  readonly forgetful = false;
  readonly watches = 0;
  readonly watchesMax = 0;

  isArmed(): boolean {
    return false;
  }

  async arm(): Promise<ArmResult> {
    return "full";
  }

  disarm(): void {
    // Nothing is armed.
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
