/** What a first configuration has to say. */
export interface FirstConfig {
  readonly host: string;
  readonly port: number;
  readonly view: string;
  readonly pipe: string;
  /** Off loopback Fusion speaks TLS: with these files, in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What `config example` shows. */
export const EXAMPLE: FirstConfig = {
  host: "127.0.0.1",
  port: 8102,
  view: "default",
  pipe: "default",
};

/** A `fusion-config.yaml` with comments. Texts stand as JSON has them, which YAML reads alike. */
export function toConfigText({ host, port, view, pipe, tls }: FirstConfig): string {
  const quote = (text: string): string => JSON.stringify(text);
  return `# What this Fusion shows, and who may tell it. All options: docs/configuration-reference.md
# After a change: fustor-fusion config check, then stop and start.

listen:
  # 0.0.0.0 lets other machines in; then it needs tls, or insecure: true behind a proxy that speaks it.
  host: ${quote(host)}
  port: ${String(port)}
${
  tls === undefined
    ? "  # tls: { cert: /etc/fustor/cert.pem, key: /etc/fustor/key.pem }"
    : `  tls: { cert: ${quote(tls.cert)}, key: ${quote(tls.key)} }`
}

views:
  # Asked with a key: fustor-fusion keys create --scope query:${view}
  - id: ${quote(view)}
    type: fs
    # config:
    #   hot_file_threshold_sec: 60   # a file that changed so lately may still be written
    #   tombstone_ttl_sec: 3600      # how long a removal is remembered

pipes:
  # Fed with a key: fustor-fusion keys create --scope ingest:${pipe}
  - id: ${quote(pipe)}
    view_ids: [${quote(view)}]
    # session_timeout_seconds: 30    # an agent that is silent so long is gone
    # audit_interval_sec: 600        # how often the leader looks at everything again
`;
}
