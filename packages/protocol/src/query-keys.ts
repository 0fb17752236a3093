/** What is known of a key; the key itself is kept by nobody. Times are seconds since the epoch. */
export interface KeyJson {
  readonly id: string;
  readonly name?: string;
  /** `query:VIEW`, `query:VIEW/PATH`, `ingest:PIPE` or `admin`. */
  readonly scopes: readonly string[];
  readonly created_at: number;
  /** Null for a key that does not end by itself. One that is over is listed until it is revoked. */
  readonly expires_at: number | null;
}

/** What `GET /api/v1/keys` answers: the oldest first. */
export interface Keys {
  readonly keys: readonly KeyJson[];
}

/** Body of `POST /api/v1/keys`. */
export interface KeyRequest {
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Default: null, never. */
  readonly expires_at?: number | null;
}

/** What it answers. */
export interface KeyMade {
  readonly id: string;
  /** Told here and never again. */
  readonly key: string;
}

/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799;

/** Body of `POST /api/v1/keys`. What a scope is, is checked where keys are made. */
export const keyRequestSchema = {
  type: "object",
  required: ["scopes"],
  additionalProperties: false,
  properties: {
    // Names are printed on terminals: nothing in them may steer one.
    name: { type: "string", minLength: 1, maxLength: 100, pattern: "^\\P{C}*$" },
    scopes: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: { type: "string", maxLength: 4_200 },
    },
    expires_at: { type: ["number", "null"], maximum: LAST_SECOND },
  },
} as const;
