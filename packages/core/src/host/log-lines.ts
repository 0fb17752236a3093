import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

const LINE_LENGTH_MAX = 2_000;
/** Lines at once, and how many more every second: a driver that chatters cannot fill a disk. */
const LINES_MAX = 200;
const LINES_PER_SECOND = 10;

interface LogLinesOptions {
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/** Hands on what a process prints, line by line. Long lines are cut, too many are counted. */
export function logLines(stream: Readable, { now, write }: LogLinesOptions): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let allowed = LINES_MAX;
  let refilledAt = now();
  let dropped = 0;

  const writeLine = (line: string) => {
    const at = now();
    allowed = Math.min(LINES_MAX, allowed + ((at - refilledAt) / 1_000) * LINES_PER_SECOND);
    refilledAt = at;
    if (allowed < 1) {
      dropped += 1;
      return;
    }
    allowed -= 1;
    if (dropped > 0) write(`(${String(dropped)} lines were left out here)`);
    dropped = 0;
    write(line.slice(0, LINE_LENGTH_MAX));
  };

  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
    for (const line of lines) if (line !== "") writeLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") writeLine(rest);
  });
  // A pipe that breaks has nothing more to say.
  stream.on("error", () => undefined);
}
