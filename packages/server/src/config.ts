import { ConfigError, type ConfigIssue, type ConfigOf, type ObjectSchema } from "@fustor/core";
import type { Locate } from "@fustor/core/host";
import { limits } from "./config-limits.js";
import { isLoopback, listen } from "./config-listen.js";

/** Ids stand in URLs, key scopes and metrics. */
const id = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
} as const;

const view = {
  type: "object",
  additionalProperties: false,
  required: ["id"],
  properties: {
    id: { ...id, description: "Name of the view in URLs and key scopes." },
    type: {
      type: "string",
      minLength: 1,
      default: "fs",
      description: "View driver, e.g. `fs`.",
    },
    config: {
      type: "object",
      additionalProperties: true,
      default: {},
      properties: {},
      description: "Options of the view driver.",
    },
  },
} as const satisfies ObjectSchema;

const pipe = {
  type: "object",
  additionalProperties: false,
  required: ["id", "view_ids"],
  properties: {
    id: { ...id, description: "Name of the pipe; keys get the scope `ingest:<id>`." },
    view_ids: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description: "Views that the evidence of this pipe flows into.",
    },
    session_timeout_seconds: {
      type: "number",
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: "A session without a sign of life for this long is ended.",
    },
    audit_interval_sec: {
      type: "number",
      minimum: 0,
      maximum: 31_536_000,
      default: 600,
      description: "Pause between two audits of the leader; 0 means none.",
    },
    max_staleness_sec: {
      type: "number",
      minimum: 1,
      maximum: 31_536_000,
      description:
        "Audits come sooner, so that no file goes unlooked at for longer. Default: none.",
    },
    sentinel_interval_sec: {
      type: "number",
      minimum: 0,
      maximum: 31_536_000,
      default: 120,
      description: "Pause between two looks at the suspects; 0 means none.",
    },
  },
} as const satisfies ObjectSchema;

/** `fusion-config.yaml`. All of it is optional. */
export const fusionConfigSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    listen,
    limits,
    storage: {
      type: "string",
      enum: ["disk", "memory"],
      default: "disk",
      description:
        "Where state outlives a restart. `memory` keeps none: agents report everything again.",
    },
    checkpoint_after_mb: {
      type: "number",
      minimum: 0.01,
      maximum: 10_000,
      default: 32,
      description:
        "A checkpoint is written once the log since the last one is so long. Less makes starts " +
        "faster and the state smaller; more writes less.",
    },
    views: {
      type: "array",
      items: view,
      minItems: 1,
      default: [{ id: "default" }],
      description: "Pictures that can be asked.",
    },
    pipes: {
      type: "array",
      items: pipe,
      minItems: 1,
      description: "What agents feed. Without any, every view has one pipe of its own name.",
    },
  },
} as const satisfies ObjectSchema;

export type FusionConfig = ConfigOf<typeof fusionConfigSchema>;
export type ViewConfig = ConfigOf<typeof view>;
export type PipeConfig = ConfigOf<typeof pipe>;

/** What Fusion runs without a file: one view and one pipe, both named `default`. */
export const defaultFusionConfig: FusionConfig = {
  listen: {
    host: listen.properties.host.default,
    port: listen.properties.port.default,
    insecure: listen.properties.insecure.default,
    allowed_hosts: listen.properties.allowed_hosts.default,
  },
  limits: {
    max_batch_bytes: limits.properties.max_batch_bytes.default,
    max_batch_rows: limits.properties.max_batch_rows.default,
    max_sessions: limits.properties.max_sessions.default,
    max_connections: limits.properties.max_connections.default,
    max_requests_per_sec: limits.properties.max_requests_per_sec.default,
    header_timeout_sec: limits.properties.header_timeout_sec.default,
    request_timeout_sec: limits.properties.request_timeout_sec.default,
    answer_timeout_sec: limits.properties.answer_timeout_sec.default,
    max_query_seconds: limits.properties.max_query_seconds.default,
    max_query_nodes: limits.properties.max_query_nodes.default,
  },
  storage: fusionConfigSchema.properties.storage.default,
  checkpoint_after_mb: fusionConfigSchema.properties.checkpoint_after_mb.default,
  views: [{ id: "default", type: "fs", config: {} }],
};

/** The pipes of a config: its own, or one for each view. */
export function pipesOf(config: FusionConfig): readonly PipeConfig[] {
  return (
    config.pipes ??
    config.views.map(({ id }) => ({
      id,
      view_ids: [id],
      session_timeout_seconds: pipe.properties.session_timeout_seconds.default,
      audit_interval_sec: pipe.properties.audit_interval_sec.default,
      sentinel_interval_sec: pipe.properties.sentinel_interval_sec.default,
    }))
  );
}

/** True for a view that shows several roots side by side, one for each pipe that feeds it. */
export function isForest({ config }: ViewConfig): boolean {
  const { mode }: { readonly mode?: unknown } = config;
  return mode === "forest";
}

/** The pause between two audits, 0 for none, for an agent that knows nothing of staleness. */
export function auditIntervalSec({ audit_interval_sec, max_staleness_sec }: PipeConfig): number {
  if (max_staleness_sec === undefined) return audit_interval_sec;
  return audit_interval_sec === 0
    ? max_staleness_sec
    : Math.min(audit_interval_sec, max_staleness_sec);
}

/** Where a config came from, for errors that point at it. */
export interface ConfigOrigin {
  /** The file's path. */
  readonly subject: string;
  readonly locate?: Locate;
}

/** Checks what a schema cannot say. Throws `ConfigError` with every fault. */
export function checkFusionConfig(
  config: FusionConfig,
  { subject, locate }: ConfigOrigin = { subject: "The configuration of Fusion" },
): void {
  const issues: ConfigIssue[] = [];
  const report = (path: string, message: string): void => {
    const place = locate?.(path);
    issues.push(place === undefined ? { path, message } : { path, message, place });
  };
  const { host, tls, insecure } = config.listen;
  if (tls === undefined && !insecure && !isLoopback(host)) {
    const fix =
      "set listen.tls, or listen.insecure: true where a proxy in front of it speaks TLS, or bind 127.0.0.1";
    report(
      "/listen/host",
      `is ${host}, where plain HTTP would show every key to whoever listens on the way; ${fix}`,
    );
  }
  if (config.limits.header_timeout_sec > config.limits.request_timeout_sec) {
    report(
      "/limits/header_timeout_sec",
      "is longer than request_timeout_sec, of which it is a part",
    );
  }
  const views = new Set(config.views.map((each) => each.id));
  findRepeated(config.views).forEach(({ index, id }) => {
    report(`/views/${String(index)}/id`, `repeats the view id "${id}"`);
  });
  const pipes = config.pipes ?? [];
  findRepeated(pipes).forEach(({ index, id }) => {
    report(`/pipes/${String(index)}/id`, `repeats the pipe id "${id}"`);
  });
  pipes.forEach((each, index) => {
    each.view_ids.forEach((viewId, at) => {
      const path = `/pipes/${String(index)}/view_ids/${String(at)}`;
      if (!views.has(viewId)) {
        const known = [...views].join(", ");
        report(path, `names the unknown view "${viewId}"; the views are: ${known}`);
      } else if (each.view_ids.indexOf(viewId) !== at) {
        report(path, `repeats the view "${viewId}"`);
      }
    });
  });
  config.views.forEach((each, index) => {
    const feeding = pipes.filter(({ view_ids }) => view_ids.includes(each.id));
    const fed = [...new Set(feeding.map(({ id }) => id))];
    if (fed.length < 2 || isForest(each)) return;
    const hint = "let all agents of one root feed one pipe, or set config.mode: forest";
    report(
      `/views/${String(index)}`,
      `is one root, but the pipes ${fed.join(", ")} feed it, each with a root of its own; ${hint}`,
    );
  });
  if (config.pipes !== undefined) {
    const fed = new Set(pipes.flatMap((each) => each.view_ids));
    config.views.forEach(({ id: viewId }, index) => {
      if (fed.has(viewId)) return;
      const hint = "name it in view_ids of a pipe, or remove it";
      report(`/views/${String(index)}/id`, `no pipe feeds the view "${viewId}"; ${hint}`);
    });
  }
  if (issues.length > 0) throw new ConfigError(subject, issues);
}

function findRepeated(
  items: readonly { readonly id: string }[],
): { readonly index: number; readonly id: string }[] {
  const seen = new Set<string>();
  return items.flatMap(({ id }, index) => {
    if (seen.has(id)) return [{ index, id }];
    seen.add(id);
    return [];
  });
}
