import type { ObjectSchema } from "@fustor/core";

const file = {
  type: "string",
  pattern: "^/",
  patternMeans: "an absolute path",
  maxLength: 4096,
} as const;

export const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["endpoint", "credential"],
  properties: {
    endpoint: {
      type: "string",
      pattern: "^https?://[^\\s?#]+$",
      patternMeans: "an http or https address such as http://localhost:8102, without ? and #",
      maxLength: 2000,
      description: "Where Fusion listens, e.g. http://localhost:8102.",
    },
    credential: {
      type: "string",
      minLength: 1,
      maxLength: 4000,
      secret: true,
      description: "A key of Fusion that may ingest into the pipe.",
    },
    protocol: {
      type: "string",
      enum: ["auto", "v1", "v2"],
      default: "auto",
      description: "How to speak: auto offers v2 and takes v1 from an older Fusion.",
    },
    encoding: {
      type: "string",
      enum: ["auto", "json", "binary"],
      default: "auto",
      description:
        "How v2 writes batches: auto is binary, and JSON for a Fusion that does not read it.",
    },
    request_timeout_sec: {
      type: "integer",
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: "How long one request may take.",
    },
    ca: {
      ...file,
      description:
        "Authorities in PEM that an https endpoint may be certified by, in place of those of the machine.",
    },
    client_cert: {
      ...file,
      description:
        "Certificate in PEM that the agent shows, where Fusion sets listen.tls.client_ca.",
    },
    client_key: { ...file, description: "The private key of client_cert in PEM." },
  },
} as const satisfies ObjectSchema;
