import { readFile } from "node:fs/promises";
import type { YAMLException } from "js-yaml";
import { ConfigError, FustorError } from "../errors.js";
import type { ConfigOf, ObjectSchema } from "../schema.js";
import { parseConfig } from "./config.js";
import { createLocate, type Locate } from "./config-places.js";

export interface ConfigFile<Config> {
  readonly config: Config;
  /** Finds parts of the config in the file, for faults that are found later. */
  readonly locate: Locate;
}

/**
 * Reads a YAML file and checks it. An empty file is an empty config.
 *
 * Throws `CONFIG_UNREADABLE` when there is no such file or it may not be read, and a
 * `ConfigError` with the place of every fault.
 */
export async function readConfigFile<const S extends ObjectSchema>(
  path: string,
  schema: S,
): Promise<ConfigFile<ConfigOf<S>>> {
  const { value, locate } = await readYamlFile(path);
  const { required = [] } = schema as ObjectSchema;
  if (value === undefined && required.length > 0) {
    const message = `the file is empty; it needs the keys ${required.join(", ")}`;
    throw new ConfigError(path, [{ path: "", message }]);
  }
  return { config: parseConfig(path, schema, value, locate), locate };
}

/**
 * Reads a YAML file without looking at what it says; `value` is undefined for an empty one.
 *
 * Throws `CONFIG_UNREADABLE`, or a `ConfigError` for what is not YAML.
 */
export async function readYamlFile(
  path: string,
): Promise<{ readonly value: unknown; readonly locate: Locate }> {
  const text = await readText(path);
  return { value: await parseYaml(path, text), locate: createLocate(text) };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new FustorError(
      "CONFIG_UNREADABLE",
      `Cannot read the configuration file ${path}: ${REASONS[code] ?? code}.`,
      { cause },
    );
  }
}

const REASONS: Record<string, string | undefined> = {
  ENOENT: "there is no such file. Make one with init, or name the one you have by --config",
  ENOTDIR: "a part of its path is not a folder. Correct the path",
  EISDIR: "it is a folder. Name the file inside it",
  EACCES: "this user may not read it. Change its owner or mode",
};

/** Loaded on first use: commands that read no configuration start quicker without it. */
async function parseYaml(path: string, text: string): Promise<unknown> {
  const { CORE_SCHEMA, YAMLException, load } = await import("js-yaml");
  if (text.split("\n").every((line) => /^\s*(#|$)/.test(line))) return undefined;
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new ConfigError(path, [{ path: "", ...describe(error) }]);
  }
}

function describe({ reason, mark }: YAMLException) {
  const hint = HINTS.find(([words]) => reason.includes(words))?.[1];
  const message = `is not YAML: ${hint ?? reason}`;
  if (mark === undefined) return { message };
  return { message, place: { line: mark.line + 1, column: mark.column + 1 } };
}

/** What the parser says, and what a person can do about it. */
const HINTS: readonly (readonly [words: string, hint: string])[] = [
  [
    "bad indentation",
    'bad indentation; keys of one level start in one column, and a value that holds ": " needs quotes',
  ],
  ["deficient indentation", "a bracket or quote that was opened before is not closed"],
  ["unexpected end of the stream", "a bracket or quote that was opened before is not closed"],
  ["tab characters", "a tab stands in the indentation; use spaces"],
  ["duplicated mapping key", "this key stands twice in its mapping; keep one"],
  ["single document", 'it holds more than one document; remove the "---" between them'],
  ["unidentified alias", "it refers (*) to an anchor (&) that is not there"],
  ["end of the stream or a document separator", 'here a "key: value" or a list item was expected'],
];
