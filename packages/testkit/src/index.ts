export { collect, first, until } from "./collect.js";
export { testContext } from "./context.js";
export { ManualClock } from "./manual-clock.js";
export { changeOf, digestOf, lostOf, listingOf, markOf, walkOf } from "./messages.js";
export { Picture } from "./picture.js";
export { RecordingSender, type RecordedBatch } from "./recording-sender.js";
export { ScriptedSource, type ScriptedSourceOptions } from "./scripted-source.js";
export {
  CrashedError,
  SimulatedDisk,
  type DiskFaults,
  type SimulatedDiskOptions,
} from "./simulated-disk.js";
export { storedSlices } from "./stored-slices.js";
export {
  describeSenderContract,
  type SenderContract,
  type SenderWorld,
} from "./sender-contract.js";
export {
  describeSourceContract,
  type SourceContract,
  type SourceWorld,
} from "./source-contract.js";
export {
  Chance,
  runHistory,
  shrinkHistory,
  WORLDS,
  type Believer,
  type Breach,
  type CreateBeliever,
  type Feed,
  type History,
  type HistoryOptions,
  type RowChange,
  type WorldName,
} from "./world/index.js";
