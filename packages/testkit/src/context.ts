import { silentLogger, type DriverContext } from "@fustor/core";
import { ManualClock } from "./manual-clock.js";

/** A context for a driver under test: time stands still, chance is always one half, no log. */
export function testContext(overrides: Partial<DriverContext> = {}): DriverContext {
  return {
    id: "test",
    clock: new ManualClock(),
    random: () => 0.5,
    logger: silentLogger,
    home: "/nonexistent",
    ...overrides,
  };
}
