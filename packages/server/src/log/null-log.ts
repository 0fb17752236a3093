import type { EventLog } from "./event-log.js";

/** Keeps nothing: all is lost when the process ends. */
export const nullLog: EventLog = {
  failure: undefined,
  lastSeq: 0,
  bytesWaiting: 0,
  bytesAppended: 0,
  append: () => undefined,
  durable: () => Promise.resolve(),
  mend: () => Promise.resolve(),
  cut: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
