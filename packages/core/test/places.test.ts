import { describe, expect, it } from "vitest";
import { findPlaces, parsePort } from "../src/host/index.js";

const launcher = { entry: "/bin/fustor", args: ["agent"] };

describe("the places of an app", () => {
  it("are in the home that the environment names", () => {
    expect(findPlaces("agent", { launcher }, { FUSTOR_HOME: "/h" })).toEqual({
      home: "/h",
      configFile: "/h/agent-config.yaml",
      configNamed: false,
      logFile: "/h/logs/agent.log",
      binPath: "/bin/fustor",
      launcher,
      env: { FUSTOR_HOME: "/h" },
    });
  });

  it.each(["home", "config"] as const)("are not what an empty --%s names", (option) => {
    expect(() => findPlaces("agent", { launcher, [option]: "" }, {})).toThrow(
      `--${option} is empty.`,
    );
  });

  it("follow the options before the environment", () => {
    const options = { home: "/o", config: "/c/f.yaml", launcher };
    expect(findPlaces("fusion", options, { FUSTOR_HOME: "/h" })).toMatchObject({
      home: "/o",
      configFile: "/c/f.yaml",
      configNamed: true,
      logFile: "/o/logs/fusion.log",
      env: { FUSTOR_HOME: "/o" },
    });
  });
});

describe("a port", () => {
  it.each([
    ["0", 0],
    ["65535", 65_535],
  ])("is %s", (text, port) => {
    expect(parsePort("--port", text)).toBe(port);
  });

  it.each(["", "65536", "-1", "80a", "1.5", "1e3"])("is not %j", (text) => {
    expect(() => parsePort("--port", text)).toThrow(/^--port is .* from 0 to 65535/);
  });
});
