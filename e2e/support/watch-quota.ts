import { spawnSync } from "node:child_process";
import type { Need } from "./needs.js";
import { runOk } from "./processes.js";

/** A limit for one process and its children only: the machine's own stays as it is. */
const SET = "echo $QUOTA > /proc/sys/user/max_inotify_watches";

/** What a limit of inotify watches for one program takes. */
export const watchQuotas: Need = {
  name: "the right to make user namespaces, with unshare and nsenter",
  isThere:
    spawnSync("unshare", ["-Ur", "sh", "-c", SET], { env: { ...process.env, QUOTA: "9" } })
      .status === 0,
};

/** What starts a program that may have so many watches; see the agent's `tracer`. */
export function withWatchQuota(quota: number): readonly string[] {
  const script = `${SET.replace("$QUOTA", String(quota))} && exec "$0" "$@"`;
  return ["unshare", "-Ur", "sh", "-c", script];
}

/** Changes the quota of a program that runs so. */
export async function setWatchQuota(pid: number, quota: number): Promise<void> {
  const enter = ["-t", String(pid), "-U", "--preserve-credentials", "sh", "-c", SET];
  await runOk("nsenter", enter, { env: { QUOTA: String(quota) } });
}
