import type { Logger } from "@fustor/core";
import type { Agent } from "./agent.js";
import { planAgent, requireUsablePipe, type PlanOptions } from "./plan.js";
import type { Reloaded } from "./reload.js";

/** What can be done to an agent that runs. */
export interface Control extends Pick<Agent, "pause" | "resume" | "rescan"> {
  /**
   * Reads the configuration again and goes over to it, wholly or, when it throws, not at all: what
   * runs then runs on. Throws what `planAgent` and `createAgent` throw.
   */
  reload(): Promise<Reloaded>;
}

export function createControl(agent: Agent, places: PlanOptions, logger: Logger): Control {
  return {
    pause: async (id) => {
      await agent.pause(id);
      logger.info({ pipe: id }, "pipe paused");
    },
    resume: async (id) => {
      await agent.resume(id);
      logger.info({ pipe: id }, "pipe resumed");
    },
    rescan: async (id) => {
      await agent.rescan(id);
      logger.info({ pipe: id }, "pipe begun anew");
    },
    reload: async () => {
      try {
        const plan = await planAgent(places);
        requireUsablePipe(plan);
        // At a start such a pipe is left out; here it would be a pipe that runs.
        const broken = plan.pipes.find(({ enabled, problem }) => enabled && problem !== undefined);
        if (broken?.problem !== undefined) throw broken.problem;
        const reloaded = await agent.reload(plan);
        logger.info({ ...reloaded }, "configuration reloaded");
        return reloaded;
      } catch (err) {
        logger.error({ err }, "configuration not reloaded; all runs on as it was");
        throw err;
      }
    },
  };
}
