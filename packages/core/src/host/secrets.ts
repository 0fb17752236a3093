import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, type ConfigIssue } from "../errors.js";
import type { Schema } from "../schema.js";
import type { Locate } from "./config-places.js";

export interface SecretOptions {
  /** The config's file, for messages. */
  readonly subject?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly locate?: Locate;
  /** JSON pointer of `value` in the file. */
  readonly at?: string;
}

/**
 * Returns a copy of `value` in which the secrets that are written as `${ENV_NAME}` or
 * `file:/path` are replaced by what they stand for. A relative path starts at `baseFolder`. The
 * newline that ends such a file is no part of the secret.
 *
 * Throws a `ConfigError` naming every reference that leads nowhere.
 */
export function resolveSecrets<Value>(
  schema: Schema,
  value: Value,
  baseFolder: string,
  { subject = "The configuration", env = process.env, locate, at = "" }: SecretOptions = {},
): Value {
  const issues: ConfigIssue[] = [];
  const resolved = mapSecrets(schema, value, at, (secret, pointer) => {
    if (typeof secret !== "string") return secret;
    const found = resolveSecret(secret, baseFolder, env);
    if (typeof found === "string") return found;
    const place = locate?.(pointer);
    issues.push({
      path: pointer,
      message: found.problem,
      ...(place === undefined ? {} : { place }),
    });
    return secret;
  });
  if (issues.length > 0) throw new ConfigError(subject, issues);
  return resolved as Value;
}

/** Returns a copy of `value` with every secret shown as `***`. */
export function redact<Value>(schema: Schema, value: Value): Value {
  return mapSecrets(schema, value, "", (secret) =>
    secret === undefined ? secret : "***",
  ) as Value;
}

/** Every secret of `value`, in clear, e.g. to keep them out of a text. */
export function secretsIn(schema: Schema, value: unknown): readonly string[] {
  const found: string[] = [];
  mapSecrets(schema, value, "", (secret) => {
    if (typeof secret === "string") found.push(secret);
    return secret;
  });
  return found;
}

function mapSecrets(
  schema: Schema,
  value: unknown,
  pointer: string,
  change: (secret: unknown, pointer: string) => unknown,
): unknown {
  if (schema.type === "string" && schema.secret === true) return change(value, pointer);
  if (schema.type === "array" && Array.isArray(value)) {
    return value.map((item, index) =>
      mapSecrets(schema.items, item, `${pointer}/${String(index)}`, change),
    );
  }
  if (schema.type === "object" && isMapping(value)) {
    const entries = Object.entries(value).map(([key, item]) => {
      const property = schema.properties[key];
      if (property === undefined) return [key, structuredClone(item)];
      return [key, mapSecrets(property, item, `${pointer}/${escapePointer(key)}`, change)];
    });
    return Object.fromEntries(entries);
  }
  return structuredClone(value);
}

function resolveSecret(
  written: string,
  baseFolder: string,
  env: NodeJS.ProcessEnv,
): string | { readonly problem: string } {
  const variable = /^\$\{(\w+)\}$/.exec(written)?.[1];
  if (variable !== undefined) {
    const secret = env[variable];
    if (secret !== undefined && secret !== "") return secret;
    const state = secret === undefined ? "not set" : "empty";
    return {
      problem: `names the environment variable ${variable}, which is ${state}; set it before the start`,
    };
  }
  if (!written.startsWith("file:")) return written;
  const file = resolve(baseFolder, written.slice("file:".length).replace(/^\/\/(?=\/)/, ""));
  return readSecretFile(file);
}

function readSecretFile(file: string): string | { readonly problem: string } {
  try {
    const secret = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    return secret === "" ? { problem: `names the secret file ${file}, which is empty` } : secret;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      problem: `names the secret file ${file}, which cannot be read (${code ?? String(error)}); create it, or let this user read it`,
    };
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
