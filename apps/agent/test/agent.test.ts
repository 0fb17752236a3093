import { silentLogger } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAgent, type Agent } from "../src/agent.js";
import { planAgent } from "../src/plan.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

async function build(config: string): Promise<Agent> {
  const home = await createFolder(homeFiles(config));
  const configFile = join(home, "agent-config.yaml");
  const plan = await planAgent({ configFile, home, env: {}, binPath: "" });
  return createAgent(plan, {
    agentId: "agent",
    bootId: "boot",
    home,
    clock: createSystemClock(),
    random: () => 0.5,
    logger: silentLogger,
  });
}

describe("an agent", () => {
  it("shows pipes that do not run, and why", async () => {
    const config = CONFIG.replace("senders:", "  - { id: sap, type: sap }\nsenders:").concat(
      "  - { id: p2, source_id: sap, sender_id: nowhere }\n" +
        "  - { id: p3, source_id: lines, sender_id: nowhere, enabled: false }\n",
    );
    const [p1, p2, p3] = (await build(config)).pipes();
    expect(p1).toMatchObject({ id: "p1", state: "starting", sourceType: "./source.mjs" });
    expect(p2).toMatchObject({ id: "p2", state: "stopped", problem: { code: "DRIVER_NOT_FOUND" } });
    expect(p3).toMatchObject({ id: "p3", state: "stopped", enabled: false });
    expect(p3?.problem).toBeUndefined();
  });

  it("points at options that a sender finds wrong by itself", async () => {
    await expect(build(CONFIG.replace("k1", "unfit"))).rejects.toThrow(
      /agent-config\.yaml:8:\d+ \/senders\/0\/config\/key holds letters that no key has/,
    );
  });

  it("ends when it is asked to before it began", async () => {
    const agent = await build(CONFIG);
    await agent.run(AbortSignal.abort(new Error("stop")));
    expect(agent.pipes()[0]?.state).toBe("stopped");
  });
});
