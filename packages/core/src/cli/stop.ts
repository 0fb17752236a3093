import { APP_WORDS, type App } from "../host/app.js";
import { findPlaces, type PlaceOptions } from "../host/places.js";
import { stopProcess } from "../host/stop-process.js";
import { print } from "./print.js";
import { notRunning } from "./running.js";

/** Longer than an app needs to drain. */
const STOP_MS = 10_000;

/** Stops the app of the home and says what was done. Throws `NOT_RUNNING`. */
export async function stop(app: App, options: PlaceOptions): Promise<number> {
  const { home } = findPlaces(app, options);
  const { subject } = APP_WORDS[app];
  const result = await stopProcess(home, app, { timeoutMs: STOP_MS });
  switch (result) {
    case "not running":
      throw notRunning(app, home);
    case "stopped":
      print([`${subject} has stopped.`]);
      return 0;
    case "killed":
      print([
        `${subject} did not stop within ${String(STOP_MS / 1000)} s and was killed. ` +
          `Nothing is lost: ${NEXT_START[app]}.`,
      ]);
      return 0;
  }
}

const NEXT_START = {
  agent: "the next start looks at everything again",
  fusion: "the next start goes on from its log",
} as const satisfies Record<App, string>;
