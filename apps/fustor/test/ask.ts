import { vi } from "vitest";
import { main } from "../src/program.js";

/** Runs one command line inside the test; its output in bytes as Latin-1, so that nothing is lost. */
export async function runFustor(
  args: readonly string[],
  onOutput: (all: string) => void = () => undefined,
) {
  const pieces: Buffer[] = [];
  let stderr = "";
  const out = vi
    .spyOn(process.stdout, "write")
    .mockImplementation((bytes: string | Uint8Array, done?: unknown) => {
      pieces.push(Buffer.from(bytes as Uint8Array));
      if (typeof done === "function") (done as () => void)();
      onOutput(Buffer.concat(pieces).toString("latin1"));
      return true;
    });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await main(args);
    return { code, stdout: Buffer.concat(pieces).toString("latin1"), stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
