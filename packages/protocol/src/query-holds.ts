/** A removal that the brake holds. */
export interface Hold {
  readonly id: string;
  /** The name that would be gone, with all below it. */
  readonly path: string;
  readonly path_b64?: string;
  /** Names at and below it. */
  readonly names: number;
  /** Approved goes with the next listing that misses it; rejected stays. Absent before a decision. */
  readonly decision?: "approved" | "rejected";
}

/** What `GET /api/v1/views/{v}/holds` answers. */
export interface Holds {
  readonly holds: readonly Hold[];
}

/**
 * What `POST .../holds/{id}/approve` and `.../reject` answer: approved may go, once its directory is
 * listed again; rejected stays. The id `all` stands for everything that is held.
 */
export interface HoldDecision {
  readonly decision: "approve" | "reject";
  /** What was decided of. */
  readonly holds: readonly Hold[];
}
