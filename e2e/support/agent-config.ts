/** An agent's configuration file with one pipe, to be bent by a test. */
export function agentConfig(changes: {
  readonly uri: string;
  readonly endpoint?: string;
  readonly credential?: string;
  readonly sourceType?: string;
}): string {
  const {
    uri,
    endpoint = "http://127.0.0.1:9",
    credential = "YOUR_API_KEY_HERE",
    sourceType = "fs",
  } = changes;
  return `sources:
  - id: "my-local-files"
    type: ${JSON.stringify(sourceType)}
    config:
      uri: ${JSON.stringify(uri)}
      driver_params: { file_pattern: "*" }
senders:
  - id: "to-fusion"
    type: "fusion"
    config: { endpoint: ${JSON.stringify(endpoint)}, credential: ${JSON.stringify(credential)} }
pipes:
  - { id: "phase-files-to-fusion", source_id: "my-local-files", sender_id: "to-fusion", enabled: true }
`;
}
