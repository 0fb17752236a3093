import { parseArgs } from "node:util";
import { BACKENDS } from "../support/agent.js";
import { atExit } from "./at-exit.js";
import { storm } from "./storm.js";

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "45" },
      from: { type: "string", default: "1" },
      rounds: { type: "string", default: "1" },
    },
  });
  const seconds = Number(values.seconds);
  const first = Number(values.from);
  let failed = 0;
  for (let seed = first; seed < first + Number(values.rounds); seed += 1) {
    for (const backend of BACKENDS) {
      const { atEnd, end } = atExit();
      try {
        const report = await storm({ backend, seconds, seed, atEnd });
        process.stdout.write(`${backend}, seed ${String(seed)}: ${JSON.stringify(report)}\n`);
      } catch (error) {
        failed += 1;
        const says = error instanceof Error ? sayAll(error) : String(error);
        process.stdout.write(`${backend}, seed ${String(seed)}: ${says}\n`);
      } finally {
        await end();
      }
    }
  }
  return failed > 0 ? 1 : 0;
}

function sayAll({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} ${cause.message}` : message;
}
