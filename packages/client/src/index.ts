export type { TreeNode, ViewInfo, ViewStats } from "./answers.js";
export {
  FustorClient,
  type CallOptions,
  type ChangesOptions,
  type ClientOptions,
  type EntriesOptions,
  type NewKeyOptions,
  type PathLike,
} from "./client.js";
export { FustorError, hasCode, isRetryable, type ErrorCode } from "@fustor/core";
export type {
  ChangeEvent,
  ChangesPage,
  CoverageReply,
  EntriesEnd,
  EntriesReply,
  EntryField,
  EntryJson,
  EntryReply,
  ExplainReply,
  FullEntryJson,
  GapJson,
  KeyJson,
  KeyMade,
  RootAccepted,
  RootJson,
  SaidJson,
  ScanJob,
  UsageReply,
  UsageRow,
} from "@fustor/protocol";
