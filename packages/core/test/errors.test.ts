import { describe, expect, it } from "vitest";
import { ConfigError, FustorError, hasCode, isRetryable } from "../src/errors.js";

describe("FustorError", () => {
  it("carries its code and cause, and is final unless said otherwise", () => {
    const cause = new Error("refused");
    const error = new FustorError("SEND_FAILED", "Cannot reach it.", { cause });
    expect(error).toMatchObject({
      name: "FustorError",
      code: "SEND_FAILED",
      message: "Cannot reach it.",
      cause,
      retryable: false,
      retryAfterMs: undefined,
    });
    expect("cause" in new FustorError("USAGE", "no")).toBe(false);
  });

  it("says when trying again may help", () => {
    const error = new FustorError("SEND_FAILED", "Busy.", { retryable: true, retryAfterMs: 5 });
    expect(isRetryable(error)).toBe(true);
    expect(error.retryAfterMs).toBe(5);
    expect(isRetryable(new Error("no"))).toBe(false);
  });

  it("is known by its code, also when another copy of this package made it", () => {
    const other = Object.assign(new Error("no"), { code: "SESSION_LOST" });
    expect(hasCode(new FustorError("SESSION_LOST", "no"), "SESSION_LOST")).toBe(true);
    expect(hasCode(other, "SESSION_LOST")).toBe(true);
    expect(hasCode(other, "SEND_FAILED")).toBe(false);
    expect(hasCode({ code: "SESSION_LOST" }, "SESSION_LOST")).toBe(false);
  });
});

describe("ConfigError", () => {
  it("lists every fault, with its place when that is known", () => {
    const issues = [
      { path: "", message: 'needs the key "id"' },
      { path: "/a/0", message: "is odd", place: { line: 3, column: 7 } },
    ];
    const error = new ConfigError("c.yaml", issues);
    expect(error.message).toBe(
      'c.yaml is not valid:\n  / needs the key "id"\n  c.yaml:3:7 /a/0 is odd',
    );
    expect(error).toMatchObject({ name: "ConfigError", code: "CONFIG_INVALID", issues });
    expect(error).toBeInstanceOf(FustorError);
  });
});
