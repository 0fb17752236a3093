import {
  checkDiskSpace,
  checkDrivers,
  checkHomeRights,
  checkNodeVersion,
  checkPlatform,
  checkRunning,
  readPlatform,
  type Finding,
} from "@fustor/core/cli";
import { createSystemClock, driverFolders, type Places } from "@fustor/core/host";
import { checkAgent } from "../check.js";
import { checkClockDifference } from "./clock-difference.js";
import { checkMount } from "./mount.js";
import { checkInstances, checkWatches } from "./watches.js";

const MIB = 1024 * 1024;
/** An agent writes little more than its log. */
const SPACE = { bytesMin: 16 * MIB, bytesWanted: 256 * MIB };

/** Looks at everything that an agent needs, from the machine to the receiver. */
export async function examineAgent(places: Places): Promise<readonly Finding[]> {
  const { home } = places;
  const clock = createSystemClock();
  const now = () => clock.now();
  const surroundings = { proc: "/proc", now };
  let sources = 0;
  const before = [
    checkNodeVersion(process.versions.node),
    checkPlatform(readPlatform()),
    ...(await checkHomeRights(home)),
    await checkDiskSpace(home, SPACE),
    await checkRunning(home, "agent"),
    ...(await checkDrivers(driverFolders({ ...places, selfUrl: import.meta.url }))),
  ];
  const configured = await checkAgent(places, {
    home: () => Promise.resolve([]),
    source: async (subject, description) => {
      sources += 1;
      const watches = await checkWatches(subject, description, surroundings);
      return [...checkMount(subject, description), ...watches];
    },
    sender: (subject, config) => checkClockDifference(subject, config["endpoint"], wall),
  });
  return [...before, ...configured, ...(await checkInstances(sources, surroundings))];

  function wall(): number {
    return clock.wall?.() ?? clock.now();
  }
}
