import { defineSender } from "@fustor/core";
import { configSchema } from "./config.js";
import { EchoSender } from "./sender.js";

/** Prints what a pipe carries: the smallest sender there is. */
export default defineSender({
  name: "echo",
  configSchema,
  create: (config, { logger }) =>
    new EchoSender({ config, logger, print: (line) => void process.stdout.write(`${line}\n`) }),
});
