/** What a first configuration has to say. */
export interface FirstConfig {
  readonly folder: string;
  readonly endpoint: string;
  /** A key, `${ENV_NAME}`, or `file:/path`. */
  readonly credential: string;
  /** Undefined: the agent makes itself a name. */
  readonly agentId: string | undefined;
}

/** What `config example` shows. */
export const EXAMPLE: FirstConfig = {
  folder: "/data/research",
  endpoint: "http://localhost:8102",
  credential: "YOUR_API_KEY_HERE",
  agentId: undefined,
};

/** An `agent-config.yaml` with comments. Texts stand as JSON has them, which YAML reads alike. */
export function toConfigText({ folder, endpoint, credential, agentId }: FirstConfig): string {
  const quote = (text: string): string => JSON.stringify(text);
  return `# What this agent watches, and where it reports. All options: docs/configuration-reference.md
# After a change: fustor-agent config check, then fustor-agent reload.

# The name by which receivers know this agent, for good. Without one it makes itself a name.
${agentId === undefined ? "# agent_id: this-machine" : `agent_id: ${quote(agentId)}`}

sources:
  - id: files
    type: fs
    config:
      # The folder to report. Nothing is ever written below it, and no file is opened.
      uri: ${quote(folder)}
      # driver_params:
      #   exclude: ["*.tmp", "/scratch/"]   # as in .gitignore, relative to uri

senders:
  - id: to-fusion
    type: fusion
    config:
      endpoint: ${quote(endpoint)}
      # Whom to trust where it begins with https:// and this machine does not know its authority.
      # ca: /etc/fustor/ca.pem
      # Made on the Fusion: fustor-fusion keys create --scope ingest:default
      # May also be \${NAME} of the environment, or file:/path/to/a/file.
      credential: ${quote(credential)}

pipes:
  - id: files-to-fusion
    source_id: files
    sender_id: to-fusion

# The agent's page, for this machine alone.
listen:
  host: 127.0.0.1
  port: 8100
`;
}
