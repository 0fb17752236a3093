import { parseArgs } from "node:util";
import { atExit } from "./at-exit.js";
import { describe, killLoop } from "./kill-loop.js";

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "500" },
      from: { type: "string", default: "1" },
    },
  });
  const { atEnd, end } = atExit();
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  try {
    const [rounds, seed] = [Number(values.rounds), Number(values.from)];
    const report = await killLoop({ rounds, seed, atEnd, log });
    log(`Every acknowledged batch was there after every kill. ${describe(report)}`);
    return 0;
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await end();
  }
}
