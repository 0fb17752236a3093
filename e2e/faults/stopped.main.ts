import { parseArgs } from "node:util";
import { atExit } from "./at-exit.js";
import { stopped } from "./stopped.js";

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "60" },
      timeout: { type: "string", default: "30" },
    },
  });
  const { atEnd, end } = atExit();
  try {
    const report = await stopped({
      seconds: Number(values.seconds),
      sessionTimeoutSec: Number(values.timeout),
      atEnd,
    });
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    const isFine =
      report.falseDeletions.length === 0 &&
      report.stops.every(({ leaders }) => leaders.length === 1);
    return isFine ? 0 : 1;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await end();
  }
}
