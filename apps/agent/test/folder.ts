export { createFolder } from "../../../packages/core/test/folder.js";

/** A source driver that is a single file; only its schema is ever used. */
export const SOURCE = `
const text = (extra) => ({ type: "string", ...extra });
export default {
  apiVersion: 1,
  kind: "source",
  name: "lines",
  configSchema: {
    type: "object",
    additionalProperties: false,
    required: ["path"],
    properties: {
      path: text({ minLength: 1 }),
      driver_params: {
        type: "object",
        additionalProperties: false,
        default: {},
        properties: { watch_backend: text({ enum: ["auto", "inotify"], default: "auto" }) },
      },
    },
  },
  create: () => { throw new Error("sources run in processes of their own"); },
};
`;

/** A sender driver that is a single file. It finds the key "unfit" wrong by itself. */
export const SENDER = `
export default {
  apiVersion: 1,
  kind: "sender",
  name: "nowhere",
  configSchema: {
    type: "object",
    additionalProperties: false,
    required: ["key"],
    properties: { key: { type: "string", minLength: 1, secret: true } },
  },
  create: ({ key }) => {
    if (key === "unfit") {
      const issues = [{ path: "/key", message: "holds letters that no key has" }];
      throw Object.assign(new Error("unfit"), { code: "CONFIG_INVALID", retryable: false, issues });
    }
    return { openSession: () => Promise.reject(new Error("none")), close: async () => {} };
  },
};
`;

/** The files of a home whose configuration is `config` and whose drivers are the two above. */
export function homeFiles(config: string): Record<string, string> {
  return { "agent-config.yaml": config, "source.mjs": SOURCE, "sender.mjs": SENDER };
}

/** A configuration without fault. */
export const CONFIG = `sources:
  - id: lines
    type: ./source.mjs
    config: { path: /data }
senders:
  - id: nowhere
    type: ./sender.mjs
    config: { key: k1 }
pipes:
  - { id: p1, source_id: lines, sender_id: nowhere }
`;
