import { beforeAll, describe, expect, it, vi } from "vitest";

describe("a figure as people read it", () => {
  let format: typeof import("../src/web/shared/format.js");

  beforeAll(async () => {
    vi.stubGlobal("navigator", { language: "en-GB", languages: ["en-GB"] });
    format = await import("../src/web/shared/format.js");
  });

  it("is all or nothing only where it is", () => {
    const shares = [0, 0.000_01, 0.02, 0.5, 0.999_999, 1];
    expect(shares.map((share) => format.percent(share))).toEqual([
      "0%",
      "< 0.1%",
      "2.0%",
      "50.0%",
      "99.99%",
      "100%",
    ]);
  });

  it("is a time in its largest fitting unit", () => {
    const spans = [0, 0.000_2, 0.25, 1.5, 42, 61, 7_200, 200_000];
    expect(spans.map((seconds) => format.duration(seconds))).toEqual([
      "0 s",
      "1 ms",
      "250 ms",
      "1.5 s",
      "42 s",
      "1 min",
      "2 h",
      "2 d",
    ]);
  });

  it("tells the time as a log does, in whatever land", () => {
    expect(format.clockTime(0)).toMatch(/^\d\d:\d\d:00$/);
    expect(format.clockTime(43_200)).not.toMatch(/[AP]M/i);
  });
});
