import { vi } from "vitest";
import type { Launcher } from "../src/host/index.js";

/** The entry of a program of ours. */
export type Main = (args: readonly string[], launcher: Launcher) => Promise<number>;

/** Runs one command line inside the test. */
export async function runMain(main: Main, args: readonly string[]) {
  let stdout = "";
  let stderr = "";
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await main(args, { entry: "", args: [] });
    return { code, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
