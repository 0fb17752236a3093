import { FustorError } from "@fustor/core";
import { stopProcess } from "@fustor/core/host";
import { findPlaces, type PlaceOptions } from "../places.js";

/** Longer than the agent needs to drain. */
const STOP_MS = 10_000;

/** Stops the agent of the home and says what was done. Throws `NOT_RUNNING`. */
export async function stop(options: PlaceOptions): Promise<number> {
  const { home } = findPlaces(options);
  const result = await stopProcess(home, "agent", { timeoutMs: STOP_MS });
  switch (result) {
    case "not running":
      throw notRunning(home);
    case "stopped":
      process.stdout.write("The agent has stopped.\n");
      return 0;
    case "killed":
      process.stdout.write(
        `The agent did not stop within ${String(STOP_MS / 1000)} s and was killed. ` +
          "Nothing is lost: the next start looks at everything again.\n",
      );
      return 0;
  }
}

export function notRunning(home: string): FustorError {
  return new FustorError(
    "NOT_RUNNING",
    `No agent is running in ${home}. Start one with: fustor-agent start -D`,
  );
}
