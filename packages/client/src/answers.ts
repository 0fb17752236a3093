import type { FullEntryJson } from "@fustor/protocol";

/** One view of `views()`. Times are seconds of Fusion time. */
export interface ViewInfo {
  readonly id: string;
  readonly type: string;
  /** True once a first snapshot was completed. */
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly suspects: number;
  readonly blind_spots: number;
  readonly gaps: number;
  /** Removals in bulk that wait for a second word, or an operator's. */
  readonly held: number;
  readonly revision: number;
  readonly as_of: number;
  /** How long ago the view heard something; null before the first time. */
  readonly staleness_seconds: number | null;
  readonly pipes: readonly string[];
  /** Live sessions that feed it. */
  readonly sessions: number;
  readonly has_leader: boolean;
}

/** `stats()`: the figures of one view that is ready. */
export interface ViewStats {
  readonly item_count: number;
  readonly total_files: number;
  readonly total_directories: number;
  readonly total_bytes: number;
  readonly suspect_file_count: number;
  readonly has_blind_spot: boolean;
  readonly gap_count: number;
  readonly tombstone_count: number;
  readonly audit_cycle_count: number;
  readonly last_audit_finished_at: number;
  readonly logical_now: number;
  readonly latency_ms: number | null;
  readonly staleness_seconds: number | null;
  readonly revision: number;
}

/** A node of `tree()`. `path_b64` has the bytes where the path is not valid UTF-8. */
export interface TreeNode {
  readonly name: string;
  readonly path: string;
  readonly path_b64?: string;
  readonly type: NonNullable<FullEntryJson["type"]>;
  readonly content_type: "file" | "directory";
  readonly size: number;
  readonly modified_time: number;
  readonly created_time: number;
  readonly integrity_suspect: boolean;
  /** Known only because something below it is. */
  readonly placeholder?: true;
  /** Absent of files, and of directories at the depth that was asked for. */
  readonly children?: readonly TreeNode[];
}
