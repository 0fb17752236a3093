import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createFusion } from "../src/index.js";
import { ManualClock } from "@fustor/testkit";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultFusionConfig } from "../src/index.js";
import { createWorld, fsView, makeFolder } from "./support.js";

const anyPort = { listen: { host: "127.0.0.1", port: 0 } };

describe("fusion", () => {
  it("says where it listens, and answers there", async () => {
    const { fusion } = await createWorld(anyPort);
    const { url } = await fusion.listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const reply = await fetch(`${url}/healthz`);
    expect(await reply.json()).toEqual({ status: "ok" });
  });

  it("names a port that is in use, and the fix", async () => {
    const first = await createWorld(anyPort);
    const { url } = await first.fusion.listen();
    const port = Number(new URL(url).port);
    const second = await createWorld({ listen: { host: "127.0.0.1", port } });
    await expect(second.fusion.listen()).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringMatching(
        new RegExp(`127\\.0\\.0\\.1:${String(port)} .*listen\\.port`),
      ) as string,
    });
  });

  it("says which address cannot be bound", async () => {
    const { fusion } = await createWorld({
      listen: { host: "192.0.2.1", port: 0, insecure: true },
    });
    await expect(fusion.listen()).rejects.toMatchObject({ code: "START_FAILED" });
  });

  it("does not wait for who keeps a connection open, and can be closed twice", async () => {
    const { fusion, clock } = await createWorld(anyPort);
    const { url } = await fusion.listen();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("POST /api/v1/pipe/session/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n");
    socket.on("error", () => undefined);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    await fusion.close();
    await ended;
    await fusion.close();
    expect(clock.sleepers).toBe(0);
  });

  it("does not start on a key file that it cannot read", async () => {
    const home = await makeFolder();
    await writeFile(join(home, "keys.json"), "{");
    const fusion = createFusion({
      config: defaultFusionConfig,
      home,
      clock: new ManualClock(),
      random: () => 0.5,
      loadView: async () => fsView,
    });
    await expect(fusion).rejects.toMatchObject({ code: "HOME_UNUSABLE" });
  });
});
