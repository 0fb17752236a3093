import type { SourceDescription } from "@fustor/core";
import { fine, warning, type Finding } from "@fustor/core/cli";

/** What kind of file system is it, and what follows from that for events and attributes? */
export function checkMount(subject: string, { schema, facts }: SourceDescription): Finding[] {
  if (schema !== "fs") return [];
  const { fs_type: type, network, backend, attribute_cache_sec: cacheSec } = facts;
  const kind = typeof type === "string" ? type : "an unknown file system";
  if (network !== true) return [fine(subject, `${kind} is local: events tell of every change`)];
  const said =
    `${kind} is shared: ${backend === "none" ? "no events are heard here" : "events tell of this machine's changes only"}, ` +
    `and attributes may be ${String(cacheSec)} s old`;
  const fix =
    "run an agent on every machine that writes, or set max_staleness_sec in fusion-config.yaml; " +
    "if the mount's actimeo is another one, name it in driver_params.attribute_cache_sec";
  return [warning(subject, said, fix)];
}
