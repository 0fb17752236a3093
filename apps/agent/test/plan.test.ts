import { ConfigError, hasCode } from "@fustor/core";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planAgent, requireUsablePipe, type AgentPlan } from "../src/plan.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

async function plan(config: string, env: NodeJS.ProcessEnv = {}): Promise<AgentPlan> {
  const home = await createFolder(homeFiles(config));
  return planAgent({ configFile: join(home, "agent-config.yaml"), home, env, binPath: "" });
}

/** The faults of a configuration, each as `line:column pointer message`. */
async function faultsOf(config: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const error: unknown = await plan(config, env).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error("no fault was found", { cause: error });
  return error.issues.map(
    ({ path, message, place }) =>
      `${String(place?.line)}:${String(place?.column)} ${path} ${message}`,
  );
}

describe("the plan of an agent", () => {
  it("holds what the file says, with all defaults", async () => {
    const { config, pipes, sources } = await plan(CONFIG);
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 8100 });
    expect(pipes).toEqual([
      {
        id: "p1",
        enabled: true,
        sourceId: "lines",
        sourceType: "./source.mjs",
        senderId: "nowhere",
        senderType: "./sender.mjs",
        fields: undefined,
        bufferRowsMax: 100_000,
        problem: undefined,
      },
    ]);
    expect(sources.get("lines")?.config).toEqual({
      path: "/data",
      driver_params: { watch_backend: "auto" },
    });
  });

  it("names every fault with its place, those of the drivers included", async () => {
    const config = `sources:
  - id: lines
    type: ./source.mjs
    config: { pth: /data }
  - id: lines
    type: ./source.mjs
    config: { path: "" }
senders:
  - id: nowhere
    type: ./sender.mjs
    config: { key: k1 }
pipes:
  - { id: p1, source_id: linse, sender_id: nowhere }
  - { id: p1, source_id: lines, sender_id: elsewhere }
`;
    expect(await faultsOf(config)).toEqual([
      expect.stringMatching(/^4:\d+ \/sources\/0\/config needs the key "path"/),
      expect.stringMatching(/^4:15 \/sources\/0\/config has an unknown key "pth".*"path"/),
      expect.stringMatching(/^5:9 \/sources\/1\/id "lines" is used twice/),
      expect.stringMatching(/^7:\d+ \/sources\/1\/config\/path must not be empty/),
      expect.stringMatching(/^13:\d+ \/pipes\/0\/source_id names no source "linse".*"lines"\?/),
      expect.stringMatching(/^14:\d+ \/pipes\/1\/id "p1" is used twice/),
      expect.stringMatching(/^14:\d+ \/pipes\/1\/sender_id names no sender "elsewhere".*nowhere/),
    ]);
  });

  it("names the faults of options together with those of the file around them", async () => {
    const config = CONFIG.replace("path: /data", "pth: /data").replace("pipes:", "pips:");
    expect(await faultsOf(config)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/unknown key "pips"/),
        expect.stringMatching(/\/sources\/0\/config has an unknown key "pth"/),
      ]),
    );
  });

  it("names what names nothing together with the faults of the file", async () => {
    const config = CONFIG.replace("source_id: lines", "source_id: linse");
    expect(await faultsOf(`${config}listen: { prt: 1 }\n`)).toEqual([
      expect.stringMatching(/names no source "linse"/),
      expect.stringMatching(/unknown key "prt"/),
    ]);
    // What has no name may be the very one that seems to be missing.
    expect(await faultsOf(config.replace("id: lines", "name: lines"))).not.toContainEqual(
      expect.stringMatching(/names no source/),
    );
  });

  it("names both drivers of a pipe that are not there", async () => {
    const unknown = CONFIG.replace("./source.mjs", "no-source").replace(
      "./sender.mjs",
      "no-sender",
    );
    const { pipes } = await plan(unknown);
    expect(pipes[0]?.problem?.message).toMatch(/no-source[^]*\n[^]*no-sender/);
  });

  it.each([
    ["no pipe", CONFIG.replace(/pipes:[^]*/, "pipes: []\n"), /\/pipes must have at least 1 item/],
    ["nothing", "", /^[^\n]*the file is empty[^\n]*$/],
    ["an empty address", `${CONFIG}listen: { host: "" }`, /\/listen\/host must not be empty/],
    [
      "the form of Fustor 0.8",
      "sources: { a: { driver: fs, uri: /x } }\nsenders: {}\npipes: {}\n",
      /form of Fustor 0\.8 or older[^]*\/sources must be a list/,
    ],
    ["an id with a separator", CONFIG.replace("id: p1", 'id: "a:b"'), /\/pipes\/0\/id/],
    ["an unknown key", CONFIG.replace("source_id", "sourceid"), /did you mean "source_id"/],
  ])("refuses a file with %s", async (_name, config, words) => {
    expect((await faultsOf(config)).join("\n")).toMatch(words);
  });

  it("replaces secrets, and names those that lead nowhere", async () => {
    const config = CONFIG.replace("k1", '"${SOME_KEY}"');
    const { senders } = await plan(config, { SOME_KEY: "from outside" });
    expect(senders.get("nowhere")?.config).toEqual({ key: "from outside" });
    expect(await faultsOf(config)).toEqual([
      expect.stringMatching(/^8:\d+ \/senders\/0\/config\/key .*SOME_KEY, which is not set/),
    ]);
  });

  it("leaves a missing driver to its own pipes", async () => {
    const config = CONFIG.replace("senders:", "  - { id: sap, type: sap }\nsenders:").concat(
      "  - { id: p2, source_id: sap, sender_id: nowhere }\n",
    );
    const agentPlan = await plan(config);
    const [first, second] = agentPlan.pipes;
    expect(first?.problem).toBeUndefined();
    expect(second?.problem?.message).toMatch(/agent-config\.yaml:5:\d+ source "sap": /);
    expect(second?.problem?.message).toMatch(/"sap".*npm install @fustor\/source-sap/s);
    expect(() => {
      requireUsablePipe(agentPlan);
    }).not.toThrow();
  });

  it("is of no use when no enabled pipe has its drivers", async () => {
    const agentPlan = await plan(CONFIG.replace("./source.mjs", "sap"));
    expect(() => {
      requireUsablePipe(agentPlan);
    }).toThrow(expect.toSatisfy((error) => hasCode(error, "DRIVER_NOT_FOUND")));
  });

  it("is of no use when every pipe is switched off", async () => {
    const config = CONFIG.replace("sender_id: nowhere", "sender_id: nowhere, enabled: false");
    const agentPlan = await plan(config);
    expect(() => {
      requireUsablePipe(agentPlan);
    }).toThrow(/agent-config\.yaml:10:3 \/pipes holds no pipe that is enabled/);
  });

  describe("and FUSTOR_WATCH_BACKEND", () => {
    const env = { FUSTOR_WATCH_BACKEND: "inotify" };
    const backendOf = async (config: string) =>
      ((await plan(config, env)).sources.get("lines")?.config as { driver_params: object })
        .driver_params;

    it("takes it where the file is silent", async () => {
      expect(await backendOf(CONFIG)).toEqual({ watch_backend: "inotify" });
    });

    it("takes the file's word before it", async () => {
      const written = "{ path: /data, driver_params: { watch_backend: auto } }";
      const config = CONFIG.replace("{ path: /data }", written);
      expect(await backendOf(config)).toEqual({ watch_backend: "auto" });
    });

    it("refuses one that the source does not have", async () => {
      await expect(plan(CONFIG, { FUSTOR_WATCH_BACKEND: "magic" })).rejects.toMatchObject({
        code: "USAGE",
        message: 'FUSTOR_WATCH_BACKEND is "magic"; use one of auto, inotify.',
      });
    });
  });
});
