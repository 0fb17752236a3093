export { planFusion, type FusionPlan, type ListenOptions } from "./plan.js";
