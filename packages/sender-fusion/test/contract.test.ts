import { changeOf, describeSenderContract, listingOf, walkOf } from "@fustor/testkit";
import { describe } from "vitest";
import fusion from "../src/index.js";
import { FakeFusion, KEY } from "./fake-fusion.js";
import { freeEndpoint, fsSource } from "./pipe.js";

for (const dialect of ["v2", "v1"] as const) {
  describe(`over ${dialect}`, () => {
    describeSenderContract({
      module: fusion,
      source: fsSource,
      realtime: [changeOf({ upserts: { "/a": 1 }, deletes: ["/b"] })],
      snapshot: walkOf("snapshot", [listingOf("/", { a: 1 })]),
      createWorld: async () => {
        const server = await FakeFusion.start(dialect);
        return {
          config: { endpoint: server.url, credential: KEY },
          wrongKey: { endpoint: server.url, credential: "wrong" },
          unreachable: { endpoint: await freeEndpoint(), credential: KEY },
          // What a v1 Fusion hears are events; session-v1.test.ts looks at them.
          ...(dialect === "v2" ? { received: () => server.received } : {}),
          endSession: () => {
            server.endSession();
          },
          dispose: () => server.stop(),
        };
      },
    });
  });
}
