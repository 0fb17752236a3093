/** One thing that was looked at. */
export interface Finding {
  readonly level: "ok" | "warning" | "fault";
  readonly subject: string;
  /** What is the case. */
  readonly message: string;
  /** What to do, where that does not stand in the message already. */
  readonly fix?: string;
}

/** All is well. */
export function fine(subject: string, message: string): Finding {
  return { level: "ok", subject, message };
}

/** It works, but not as well as it could, or not for long. */
export function warning(subject: string, message: string, fix: string): Finding {
  return { level: "warning", subject, message, fix };
}

/** It does not work. */
export function fault(subject: string, message: string, fix: string): Finding {
  return { level: "fault", subject, message, fix };
}

/** An error that says itself what to do, as all of ours do. */
export function faultOf(subject: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return { level: "fault", subject, message };
}
