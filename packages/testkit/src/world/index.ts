export type { Believer, CreateBeliever, Feed, RowChange } from "./believer.js";
export { Chance } from "./chance.js";
export { runHistory, type History, type HistoryOptions } from "./history.js";
export type { Breach } from "./laws.js";
export { shrinkHistory } from "./shrink.js";
export { WORLDS, type WorldName } from "./worlds.js";
