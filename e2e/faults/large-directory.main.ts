import { parseArgs } from "node:util";
import { atExit } from "./at-exit.js";
import { largeDirectory } from "./large-directory.js";

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      entries: { type: "string", default: "1000000" },
      parent: { type: "string", default: "/dev/shm" },
    },
  });
  const { atEnd, end } = atExit();
  try {
    const { parent } = values;
    const report = await largeDirectory({ entries: Number(values.entries), parent, atEnd });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await end();
  }
}
