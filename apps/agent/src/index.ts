export { createAgent, type Agent, type AgentContext, type AgentPipeStatus } from "./agent.js";
export { agentConfigSchema, type AgentConfig } from "./config.js";
export { planAgent, type AgentPlan, type PlanOptions } from "./plan.js";
export type { AgentReport } from "./report.js";
