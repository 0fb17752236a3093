import type { ConfigOf } from "@fustor/core";
import type { entriesParameters } from "@fustor/protocol";
import type { FileType, Moment, NodeFilter } from "@fustor/schema-fs";
import {
  createGlobMatcher,
  createNameMatcher,
  createRegexMatcher,
  type Fits,
} from "../http/patterns.js";

type Parameters = ConfigOf<typeof entriesParameters>;

/** What the parameters of `entries` ask of a node below `root`. Answers 400 for a bad pattern. */
export function toFilter(parameters: Parameters, root: string): NodeFilter {
  const { name, glob, regex, type } = parameters;
  const names = name === undefined ? [] : [createNameMatcher(name)];
  const paths = regex === undefined ? [] : [createRegexMatcher(regex)];
  if (glob !== undefined) {
    const fits = createGlobMatcher(glob.replace(/^\//, ""));
    const prefix = root === "/" ? 1 : root.length + 1;
    if (glob.includes("/")) paths.push((path) => fits(path.slice(prefix)));
    else names.push(fits);
  }
  return {
    ...given("types", type === undefined ? undefined : new Set(type.split(",") as FileType[])),
    ...given("minSize", parameters.min_size),
    ...given("maxSize", parameters.max_size),
    ...given("modifiedFrom", toMoment(parameters.modified_after)),
    ...given("modifiedBefore", toMoment(parameters.modified_before)),
    ...given("uid", parameters.uid),
    ...given("gid", parameters.gid),
    ...given("suspect", parameters.suspect),
    ...given("blindSpot", parameters.blind_spot),
    ...given("name", all(names)),
    ...given("path", all(paths)),
  };
}

function given<Key extends keyof NodeFilter>(key: Key, value: NodeFilter[Key]): NodeFilter {
  return value === undefined ? {} : { [key]: value };
}

function all(matchers: readonly Fits[]): Fits | undefined {
  if (matchers.length < 2) return matchers[0];
  return (text) => matchers.every((fits) => fits(text));
}

/** Exact seconds in decimals, e.g. `1700000000.5`. */
function toMoment(text: string | undefined): Moment | undefined {
  if (text === undefined) return undefined;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const seconds = Number(whole);
  const nsec = Number(fraction.padEnd(9, "0"));
  if (sign === "") return { seconds, nsec };
  // Nanoseconds count forward from the second before.
  return nsec === 0 ? { seconds: -seconds, nsec } : { seconds: -seconds - 1, nsec: 1e9 - nsec };
}
