import { FustorError } from "@fustor/core";
import { stopProcess } from "@fustor/core/host";
import { findPlaces, type PlaceOptions } from "../places.js";

/** Longer than Fusion needs to drain. */
const STOP_MS = 10_000;

/** Stops the Fusion of the home and says what was done. Throws `NOT_RUNNING`. */
export async function stop(options: PlaceOptions): Promise<number> {
  const { home } = findPlaces(options);
  const result = await stopProcess(home, "fusion", { timeoutMs: STOP_MS });
  switch (result) {
    case "not running":
      throw notRunning(home);
    case "stopped":
      process.stdout.write("Fusion has stopped.\n");
      return 0;
    case "killed":
      process.stdout.write(
        `Fusion did not stop within ${String(STOP_MS / 1000)} s and was killed. ` +
          "Nothing is lost: after the next start the agents report everything again.\n",
      );
      return 0;
  }
}

export function notRunning(home: string): FustorError {
  return new FustorError(
    "NOT_RUNNING",
    `No Fusion is running in ${home}. Start one with: fustor-fusion start -D`,
  );
}
