import type { ObjectSchema } from "@fustor/core";

const file = {
  type: "string",
  pattern: "^/",
  patternMeans: "an absolute path",
  maxLength: 4096,
} as const;

/** Where Fusion listens, and how. */
export const listen = {
  type: "object",
  additionalProperties: false,
  description: "Where agents and clients reach this Fusion.",
  default: {},
  properties: {
    host: {
      type: "string",
      minLength: 1,
      default: "127.0.0.1",
      description: "Address to bind. Anything but loopback is reachable by others.",
    },
    port: {
      type: "integer",
      minimum: 0,
      maximum: 65535,
      default: 8102,
      description: "Port to bind; 0 takes any free one.",
    },
    tls: {
      type: "object",
      additionalProperties: false,
      required: ["cert", "key"],
      description: "Speaks HTTPS alone. The files are read again when they change.",
      properties: {
        cert: {
          ...file,
          description: "Certificate in PEM, with those between it and the authority.",
        },
        key: { ...file, description: "Its private key in PEM, without a passphrase." },
        client_ca: {
          ...file,
          description: "Authorities in PEM: nobody gets in without a certificate of one of them.",
        },
      },
    },
    insecure: {
      type: "boolean",
      default: false,
      description:
        "Lets plain HTTP be spoken off loopback, where keys can be read on the way: only behind a proxy that speaks TLS.",
    },
    allowed_hosts: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 253 },
      maxItems: 100,
      default: [],
      description:
        "Names, without a port, by which browsers and monitors reach this Fusion, beside addresses, localhost and this machine's own name.",
    },
  },
} as const satisfies ObjectSchema;

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
