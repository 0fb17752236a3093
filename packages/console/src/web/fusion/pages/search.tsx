import type { EntryJson } from "@fustor/protocol";
import { useEffect, useState } from "preact/hooks";
import { findText, t, type TextKey } from "../../i18n/i18n.js";
import { toApiError, type ApiError } from "../../shared/api.js";
import { CopyButton } from "../../shared/copy-button.js";
import { bytes, count, day } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { parentOf, readPathParams, shellWord, type WirePath } from "../../shared/path.js";
import { adjust, Link, place } from "../../shared/router.js";
import { ErrorNotice, Loading, Notice } from "../../shared/states.js";
import { askEntries } from "../api.js";
import { readFilters, SavedSearches, toQuestion, type Filters } from "../saved-searches.js";
import { TrustMarks } from "../trust.js";
import { currentView, ViewChoice } from "../view-choice.js";
import { filesAddress } from "./files.js";

const PAGE = 200;
const TYPES = ["f", "d", "l"] as const;
const SORTS = ["path", "name", "size", "mtime"] as const;

/** Finding by names and attributes; every search has an address. */
export function SearchPage() {
  const view = currentView();
  const filters = readFilters(place.value.searchParams);
  const { rows, hasMore, isBusy, error, more } = useSearch(view, filters);
  return (
    <>
      <PageHead title={t("nav.search")}>
        <ViewChoice />
      </PageHead>
      <FilterForm key={place.value.search} filters={filters} />
      <SavedSearches />
      {error !== undefined && <ErrorNotice error={error} />}
      {rows === undefined && isBusy && <Loading lines={6} />}
      {rows === undefined && !isBusy && error === undefined && (
        <Notice icon="search" title={t("search.begin")}>
          {t("search.beginText")}
        </Notice>
      )}
      {rows?.length === 0 && !isBusy && (
        <Notice icon="empty" title={t("search.none")}>
          {t("search.noneText")}
        </Notice>
      )}
      {rows !== undefined && rows.length > 0 && (
        <>
          <p class="quiet small" role="status">
            {t(hasMore ? "search.foundMore" : "search.found", { n: count(rows.length) })}
          </p>
          <Results view={view} rows={rows} />
          {hasMore && (
            <button type="button" onClick={more} disabled={isBusy}>
              {t("action.more")}
            </button>
          )}
        </>
      )}
    </>
  );
}

function FilterForm({ filters }: { readonly filters: Filters }) {
  const [draft, setDraft] = useState(filters);
  const set = (part: Partial<Filters>): void => {
    setDraft((before) => ({ ...before, ...part }));
  };
  const field = (name: keyof Filters, label: TextKey, props: Readonly<Record<string, string>>) => (
    <label class="field">
      <span>{t(label)}</span>
      <input
        value={draft[name]}
        onInput={({ currentTarget }) => {
          set({ [name]: currentTarget.value });
        }}
        {...props}
      />
    </label>
  );
  const choice = (
    name: keyof Filters,
    label: TextKey,
    options: readonly (readonly [value: string, text: string])[],
  ) => (
    <label class="field">
      <span>{t(label)}</span>
      <select
        value={draft[name]}
        onChange={({ currentTarget }) => {
          set({ [name]: currentTarget.value });
        }}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <form
      class="card filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        adjust({ ...draft, go: "1" });
      }}
    >
      <div class="filter-main">
        {choice("how", "search.how", [
          ["name", t("search.byName")],
          ["glob", t("search.byGlob")],
          ["regex", t("search.byRegex")],
        ])}
        {field("text", "search.text", { type: "search", spellcheck: "false" })}
        <button type="submit" class="primary">
          <Icon name="search" />
          {t("nav.search")}
        </button>
      </div>
      <details class="filter-more" open={hasMoreFilters(filters)}>
        <summary>{t("search.filters")}</summary>
        <div class="filter-grid">
          {field("path", "search.below", { placeholder: "/" })}
          {choice("type", "word.type", [
            ["", t("word.any")],
            ...TYPES.map((each) => [each, findText(`type.${each}`) ?? each] as const),
          ])}
          {field("min", "search.min", { placeholder: "10M", pattern: SIZE })}
          {field("max", "search.max", { placeholder: "2G", pattern: SIZE })}
          {field("after", "search.after", { type: "datetime-local" })}
          {field("before", "search.before", { type: "datetime-local" })}
          {choice("trust", "word.trust", [
            ["", t("word.any")],
            ["suspect", t("trust.suspect")],
            ["blind", t("trust.blind")],
          ])}
          {choice(
            "sort",
            "search.sort",
            SORTS.map((each) => [each, t(`sort.${each}`)] as const),
          )}
          {choice("order", "search.order", [
            ["", t("sort.asc")],
            ["desc", t("sort.desc")],
          ])}
        </div>
      </details>
    </form>
  );
}

const SIZE = "\\d+(\\.\\d+)?\\s*[kKmMgGtT]?";

function hasMoreFilters(filters: Filters): boolean {
  const { path, type, min, max, after, before, trust, sort, order } = filters;
  return [path, type, min, max, after, before, trust, order].join("") !== "" || sort !== "path";
}

function Results({ view, rows }: { readonly view: string; readonly rows: readonly EntryJson[] }) {
  return (
    <ul class="results card">
      {rows.map((row) => {
        const { path = "/", path_b64, name = "", type, size, mtime } = row;
        const at: WirePath = { path, path_b64 };
        const to = type === "d" ? filesAddress(view, at) : filesAddress(view, parentOf(at), at);
        return (
          <li key={path_b64 ?? path}>
            <Icon name={type === "d" ? "folder" : type === "l" ? "link" : "file"} />
            <div class="result-name">
              <Link to={to} class="name">
                <NameText name={name} />
              </Link>{" "}
              <TrustMarks of={row} />
              <div class="quiet small path">
                <NameText name={path} />
              </div>
            </div>
            <span class="figure">
              {type === "d" || typeof size !== "number" ? "–" : bytes(size)}
            </span>
            <span class="figure quiet when">{typeof mtime === "number" ? day(mtime) : "–"}</span>
            <CopyButton text={shellWord(at)} label={t("action.copy")} />
          </li>
        );
      })}
    </ul>
  );
}

interface Found {
  readonly question: string;
  readonly rows: readonly EntryJson[];
  readonly cursor: string | null;
}

function useSearch(view: string, filters: Filters) {
  const isAsked = place.value.searchParams.has("go");
  const question = isAsked && view !== "" ? JSON.stringify([view, filters]) : "";
  const [found, setFound] = useState<Found>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);

  const read = async (
    cursor: string | undefined,
    before: readonly EntryJson[],
    stop?: AbortSignal,
  ) => {
    setBusy(true);
    setError(undefined);
    try {
      const at = readPathParams(new URLSearchParams({ path: filters.path }));
      const params = { ...toQuestion(filters), limit: PAGE, cursor };
      const { entries, next_cursor } = await askEntries(view, at, params, stop);
      setFound({ question, rows: [...before, ...entries], cursor: next_cursor });
      setBusy(false);
    } catch (failure) {
      if (stop?.aborted === true) return;
      setBusy(false);
      setError(toApiError(failure));
    }
  };

  useEffect(() => {
    if (question === "") return undefined;
    const stop = new AbortController();
    void read(undefined, [], stop.signal);
    return () => {
      stop.abort();
    };
  }, [question]);

  const current = found?.question === question ? found : undefined;
  return {
    rows: current?.rows,
    hasMore: current !== undefined && current.cursor !== null,
    isBusy,
    error,
    more: () => void read(current?.cursor ?? undefined, current?.rows ?? []),
  };
}
