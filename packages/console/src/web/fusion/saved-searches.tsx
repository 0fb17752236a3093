import { useState } from "preact/hooks";
import { findText, t, type TextKey } from "../i18n/i18n.js";
import { Icon } from "../shared/icons.js";
import { NameText } from "../shared/name-text.js";
import { recall, remember } from "../shared/remembered.js";
import { Link, place } from "../shared/router.js";

/** A search as its form and its address have it; all of it is text, and empty is no condition. */
export interface Filters {
  readonly text: string;
  readonly how: string;
  readonly path: string;
  readonly type: string;
  readonly min: string;
  readonly max: string;
  readonly after: string;
  readonly before: string;
  readonly trust: string;
  readonly sort: string;
  readonly order: string;
}

const DEFAULTS: Filters = {
  text: "",
  how: "name",
  path: "",
  type: "",
  min: "",
  max: "",
  after: "",
  before: "",
  trust: "",
  sort: "path",
  order: "",
};

export function readFilters(search: URLSearchParams): Filters {
  const given = Object.keys(DEFAULTS).flatMap((name) => {
    const value = search.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<Filters>) };
}

/** The same as parameters of `entries`. */
export function toQuestion(
  filters: Filters,
): Readonly<Record<string, string | number | boolean | undefined>> {
  const { text, how, type, min, max, after, before, trust, sort, order } = filters;
  return {
    name: how === "name" ? text : undefined,
    glob: how === "glob" ? text : undefined,
    regex: how === "regex" ? text : undefined,
    type,
    min_size: toBytes(min),
    max_size: toBytes(max),
    modified_after: toSeconds(after),
    modified_before: toSeconds(before),
    suspect: trust === "suspect" ? true : undefined,
    blind_spot: trust === "blind" ? true : undefined,
    sort,
    order: order === "" ? undefined : order,
    fields: "path,name,type,size,mtime,suspect,blind_spot,doubted,held",
  };
}

/** `10M` as bytes; undefined for what is no size. */
export function toBytes(text: string): number | undefined {
  const [, figure = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)\s*$/i.exec(text) ?? [];
  if (figure === "") return undefined;
  return Math.round(Number(figure) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " "));
}

function toSeconds(local: string): string | undefined {
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? undefined : String(ms / 1_000);
}

const STORE = "searches";
const SAVED_MAX = 20;

/** Searches that this browser keeps. Others get them as links: the address says everything. */
export function SavedSearches() {
  const [saved, setSaved] = useState(readSaved);
  const { pathname, search, searchParams } = place.value;
  const address = pathname + search;
  const isKept = saved.includes(address);
  const keep = (next: readonly string[]): void => {
    setSaved(next);
    remember(STORE, JSON.stringify(next));
  };
  const isAsked = searchParams.has("go");
  if (saved.length === 0 && !isAsked) return null;
  return (
    <div class="saved">
      {isAsked && !isKept && (
        <button
          type="button"
          onClick={() => {
            keep([address, ...saved].slice(0, SAVED_MAX));
          }}
        >
          <Icon name="star" />
          {t("search.save")}
        </button>
      )}
      {saved.map((each) => (
        <span class="chip" key={each}>
          <Link to={each}>
            <NameText name={nameOf(each)} />
          </Link>
          <button
            type="button"
            aria-label={t("search.forget", { name: nameOf(each) })}
            onClick={() => {
              keep(saved.filter((one) => one !== each));
            }}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
    </div>
  );
}

/** What a search asks for, in a line. */
function nameOf(address: string): string {
  const { text, path, type, min, trust } = readFilters(
    new URL(address, location.href).searchParams,
  );
  const parts = [
    text,
    path,
    findText(`type.${type}`) ?? "",
    min === "" ? "" : `≥ ${min}`,
    TRUST[trust] === undefined ? "" : t(TRUST[trust]),
  ];
  return parts.filter((part) => part !== "").join(" · ") || "*";
}

const TRUST: Readonly<Record<string, TextKey>> = { suspect: "trust.suspect", blind: "trust.blind" };

/** A kept address leads nowhere but to a search of this console. */
function readSaved(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(recall(STORE) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isSaved) : [];
  } catch {
    return [];
  }
}

function isSaved(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/console/search");
}
