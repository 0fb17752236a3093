/**
 * The part of JSON Schema that Fustor's configs use. One literal is the only description of an
 * option: its type, default, range, and the sentence that the user reads.
 */
export type Schema = StringSchema | NumberSchema | BooleanSchema | ArraySchema | ObjectSchema;

interface Described {
  /** One sentence for the user. */
  readonly description?: string;
}

export interface StringSchema extends Described {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** What the pattern asks for, to follow "must be": `an absolute path`. */
  readonly patternMeans?: string;
  readonly format?: string;
  readonly default?: string;
  /** Never shown; may be written as `${ENV_NAME}` or `file:/path/to/secret`. */
  readonly secret?: boolean;
}

export interface NumberSchema extends Described {
  readonly type: "integer" | "number";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface BooleanSchema extends Described {
  readonly type: "boolean";
  readonly default?: boolean;
}

export interface ArraySchema extends Described {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: readonly unknown[];
}

export interface ObjectSchema extends Described {
  readonly type: "object";
  /** False unless an object is open on purpose: unknown keys are faults. */
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
  readonly default?: object;
}

/** The TypeScript type of a value that matches a schema, with its defaults filled in. */
export type ConfigOf<S> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly type: "string" }
    ? string
    : S extends { readonly type: "integer" | "number" }
      ? number
      : S extends { readonly type: "boolean" }
        ? boolean
        : S extends { readonly type: "array"; readonly items: infer I }
          ? readonly ConfigOf<I>[]
          : S extends { readonly type: "object"; readonly properties: infer P }
            ? {
                readonly [K in keyof P as IsPresent<S, P, K> extends true ? K : never]: ConfigOf<
                  P[K]
                >;
              } & {
                readonly [K in keyof P as IsPresent<S, P, K> extends true ? never : K]?: ConfigOf<
                  P[K]
                >;
              }
            : never;

type IsPresent<S, P, K extends keyof P> = S extends { readonly required: readonly (infer R)[] }
  ? K extends R
    ? true
    : HasDefault<P[K]>
  : HasDefault<P[K]>;

type HasDefault<S> = S extends { readonly default: unknown } ? true : false;
