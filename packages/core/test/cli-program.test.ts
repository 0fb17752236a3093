import { afterEach, describe, expect, it, vi } from "vitest";
import { listenForStop } from "../src/cli/index.js";
import { asPartOfFustor, rewordFor, runProgram } from "../src/cli/program/index.js";
import { FustorError, type ErrorCode } from "../src/index.js";

/** Runs a command line that ends with `error`. */
function runFailing(error: Error): Promise<number> {
  return runProgram([], () => ({ parseAsync: () => Promise.reject(error) }));
}

describe("a command line", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const exits: readonly (readonly [ErrorCode, number])[] = [
    ["USAGE", 2],
    ["NOT_RUNNING", 3],
    ["CONFIG_INVALID", 78],
    ["PORT_IN_USE", 1],
  ];
  it.each(exits)("ends for %s with %i and one sentence", async (code, exitCode) => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await expect(runFailing(new FustorError(code, "It is so."))).resolves.toBe(exitCode);
    expect(stderr.mock.calls).toEqual([["It is so.\n"]]);
  });

  it("ends with 2 for what the parser refuses, and adds nothing to its words", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const refusal = Object.assign(new Error(), { code: "commander.unknownCommand", exitCode: 1 });
    await expect(runFailing(refusal)).resolves.toBe(2);
    expect(stderr).not.toHaveBeenCalled();
  });

  it("ends with 0 after help and version", async () => {
    const shown = Object.assign(new Error(), { code: "commander.helpDisplayed", exitCode: 0 });
    await expect(runFailing(shown)).resolves.toBe(0);
  });
});

describe("a stop signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("aborts at the first %s", async (name) => {
    const stop = listenForStop();
    expect(stop.signal.aborted).toBe(false);
    process.emit(name, name);
    expect(stop.signal.aborted).toBe(true);
    await stop.asked;
    stop.dispose();
  });

  it("takes the same Ctrl-C, sent by the terminal and by npm, for one wish", () => {
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const stop = listenForStop();
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    expect(exit).not.toHaveBeenCalled();
    stop.dispose();
  });

  it("ends the process when it is asked again later", () => {
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const time = vi.spyOn(process.hrtime, "bigint").mockReturnValue(0n);
    const stop = listenForStop();
    process.emit("SIGINT", "SIGINT");
    time.mockReturnValue(2_000_000_000n);
    process.emit("SIGINT", "SIGINT");
    expect(exit).toHaveBeenCalledWith(130);
    stop.dispose();
  });

  it("leaves the process's signals alone afterwards", () => {
    const before = process.listenerCount("SIGINT");
    listenForStop({ followParent: true }).dispose();
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("is told of commands as whoever has only `fustor` calls them", () => {
    const words =
      'Start it: fustor-agent start -D. See "fustor-fusion keys list", fustor-agent.service';
    const own = { entry: "/bin/fustor-agent", args: [] };
    expect(rewordFor(own)(words)).toBe(words);
    expect(rewordFor({ ...own, args: ["agent"] })(words)).toBe(asPartOfFustor(words));
    expect(asPartOfFustor(words)).toBe(
      'Start it: fustor agent start -D. See "fustor fusion keys list", fustor-agent.service',
    );
  });
});
