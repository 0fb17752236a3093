import { describe, expect, it } from "vitest";
import { ConfigError, FustorError, type ErrorCode } from "../src/errors.js";
import { exitCodeOf, printError } from "../src/host/index.js";

describe("exitCodeOf", () => {
  it.each<[ErrorCode, number]>([
    ["CONFIG_INVALID", 78],
    ["CONFIG_UNREADABLE", 78],
    ["DRIVER_NOT_FOUND", 78],
    ["DRIVER_INVALID", 78],
    ["USAGE", 2],
    ["NOT_RUNNING", 3],
    ["HOME_IN_USE", 1],
    ["PORT_IN_USE", 1],
    ["START_FAILED", 1],
  ])("answers %s with %i", (code, exitCode) => {
    expect(exitCodeOf(new FustorError(code, "no"))).toBe(exitCode);
  });

  it("answers everything else with 1", () => {
    expect(exitCodeOf(new Error("no"))).toBe(1);
    expect(exitCodeOf("no")).toBe(1);
    expect(exitCodeOf(Object.assign(new Error(), { code: "CONFIG_INVALID" }))).toBe(1);
  });
});

describe("printError", () => {
  const print = (error: unknown) => {
    const written: string[] = [];
    printError(error, { write: (text) => written.push(text) });
    return written.join("");
  };

  it("prints the sentence of our own errors, and no stack trace", () => {
    expect(print(new FustorError("PORT_IN_USE", "Port 80 is in use."))).toBe(
      "Port 80 is in use.\n",
    );
    expect(print(new ConfigError("c.yaml", [{ path: "/a", message: "is odd" }]))).toBe(
      "c.yaml is not valid:\n  /a is odd\n",
    );
  });

  it("knows an error of another copy of this package", () => {
    const error = Object.assign(new Error("No."), { code: "USAGE", retryable: false });
    expect(print(error)).toBe("No.\n");
    expect(exitCodeOf(error)).toBe(2);
  });

  it("shows where a bug is", () => {
    expect(print(new TypeError("x is undefined"))).toMatch(
      /^This is a bug in Fustor: TypeError: x is undefined\n {4}at /,
    );
    expect(print("thrown")).toBe("This is a bug in Fustor: thrown\n");
  });
});
