/** The root that one agent reports, or with which it was refused. Times are seconds. */
export interface RootJson {
  readonly agent_id: string;
  readonly pipe_id: string;
  /** Where it is for the agent. */
  readonly uri: string;
  /** What it is, wherever it stands: kind of file system, inode, when it was made. */
  readonly identity: string;
  /** `refused`: nothing that the agent says is taken until this is accepted or put right. */
  readonly state: "taken" | "refused";
  /** Why it was refused, in a sentence. */
  readonly reason?: string;
  /** When the agent last came with it. */
  readonly at: number;
}

/** What `GET /api/v1/views/{v}/roots` answers: of the agents that are here, or tried lately. */
export interface RootsReply {
  readonly roots: readonly RootJson[];
}

/** What `POST .../roots/{agent id}/accept` answers: this is the agent's root from now on. */
export interface RootAccepted {
  readonly agent_id: string;
  readonly identity: string;
  readonly pipe_id: string;
}
