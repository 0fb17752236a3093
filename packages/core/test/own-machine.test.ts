import { describe, expect, it } from "vitest";
import { isFromOwnMachine } from "../src/host/index.js";

describe("isFromOwnMachine", () => {
  it.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])("takes %s for here", (remote) => {
    expect(isFromOwnMachine({ remoteAddress: remote, localAddress: "10.0.0.1" })).toBe(true);
  });

  it("takes the address that was asked for here", () => {
    const address = "10.0.0.1";
    expect(isFromOwnMachine({ remoteAddress: address, localAddress: address })).toBe(true);
  });

  it.each(["10.0.0.2", "::ffff:10.0.0.2", "fe80::1%eth0", "128.0.0.1", "", undefined])(
    "takes %j for elsewhere",
    (remote) => {
      expect(isFromOwnMachine({ remoteAddress: remote, localAddress: "10.0.0.1" })).toBe(false);
    },
  );
});
