import { parseArgs } from "node:util";
import { atExit } from "./at-exit.js";
import { soak, type SoakReport } from "./soak.js";

const RSS_MB_PER_MINUTE_MAX = 0.5;
/** A descriptor that leaks every ten minutes. */
const FDS_PER_MINUTE_MAX = 0.1;
/** A shorter run says nothing about slopes: processes grow while they warm up. */
const JUDGED_FROM_MINUTES = 10;

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "30" },
      from: { type: "string", default: "1" },
    },
  });
  const { atEnd, end } = atExit();
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const minutes = Number(values.minutes);
  try {
    const report = await soak({ minutes, seed: Number(values.from), atEnd, log });
    for (const line of describe(report)) log(line);
    const leaks = leaksIn(report);
    if (leaks.length === 0) return 0;
    log(`Too steep: ${leaks.join(", ")}`);
    return minutes < JUDGED_FROM_MINUTES ? 0 : 1;
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await end();
  }
}

function describe({ slopes, faults, changes, equalAfterMs }: SoakReport): string[] {
  const struck = [...faults].map(([name, count]) => `${name} ${String(count)}`);
  return [
    `${String(changes)} changes; ${struck.join(", ")}`,
    `views equal to their disks after ${equalAfterMs.map(String).join(" and ")} ms`,
    ...[...slopes].map(
      ([name, { rssMbPerMinute, fdsPerMinute, readings }]) =>
        `${name}: ${rssMbPerMinute.toFixed(2)} MB/min, ${fdsPerMinute.toFixed(3)} fd/min ` +
        `(${String(readings)} readings)`,
    ),
  ];
}

function leaksIn({ slopes }: SoakReport): string[] {
  return [...slopes].flatMap(([name, { rssMbPerMinute, fdsPerMinute }]) => [
    ...(rssMbPerMinute < RSS_MB_PER_MINUTE_MAX ? [] : [`memory of ${name}`]),
    ...(fdsPerMinute <= FDS_PER_MINUTE_MAX ? [] : [`descriptors of ${name}`]),
  ]);
}
