import type { ConfigIssue } from "@fustor/core";
import { nearest, type Locate } from "@fustor/core/host";

interface Named {
  readonly id: string;
}

/** The lists of a configuration, and how their entries name each other. */
export interface NamedParts {
  readonly sources: readonly Named[];
  readonly senders: readonly Named[];
  readonly pipes: readonly (Named & { readonly source_id: string; readonly sender_id: string })[];
}

/** What no schema can see: ids that stand twice, and ids that name nothing. */
export function findFaults(config: NamedParts, locate: Locate): ConfigIssue[] {
  const issue = (path: string, message: string): ConfigIssue => {
    const place = locate(path);
    return { path, message, ...(place === undefined ? {} : { place }) };
  };

  const findDuplicates = (list: "sources" | "senders" | "pipes") => {
    const seen = new Set<string>();
    return config[list].flatMap(({ id }, index) => {
      if (seen.has(id)) return [issue(`/${list}/${String(index)}/id`, `"${id}" is used twice`)];
      seen.add(id);
      return [];
    });
  };

  const findUnknown = (key: "source_id" | "sender_id", list: "sources" | "senders") => {
    const known = config[list].map(({ id }) => id);
    return config.pipes.flatMap((pipe, index) => {
      const id = pipe[key];
      if (known.includes(id)) return [];
      const meant = nearest(id, known);
      const hint =
        meant === undefined ? `there are ${known.join(", ")}` : `did you mean "${meant}"?`;
      const noun = list.slice(0, -1);
      return [issue(`/pipes/${String(index)}/${key}`, `names no ${noun} "${id}"; ${hint}`)];
    });
  };

  return [
    ...findDuplicates("sources"),
    ...findDuplicates("senders"),
    ...findDuplicates("pipes"),
    ...findUnknown("source_id", "sources"),
    ...findUnknown("sender_id", "senders"),
  ];
}
