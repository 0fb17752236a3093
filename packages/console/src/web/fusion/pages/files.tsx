import type { EntryJson } from "@fustor/protocol";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { CopyButton } from "../../shared/copy-button.js";
import { Bar } from "../../shared/figures.js";
import { bytes, count, day } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import {
  parentOf,
  pathParams,
  readPathParams,
  shellWord,
  type WirePath,
} from "../../shared/path.js";
import { adjust, addressOf, go, Link, param, place } from "../../shared/router.js";
import { ErrorNotice, Loading, Notice } from "../../shared/states.js";
import { VirtualList } from "../../shared/virtual-list.js";
import { Badge } from "../../shared/badge.js";
import { Crumbs } from "../crumbs.js";
import { Details } from "../details.js";
import { useDirectory } from "../directory.js";
import { TrustMarks } from "../trust.js";
import { currentView, ViewChoice } from "../view-choice.js";

const ROW_PX = 36;
const SORTS = ["path", "size", "mtime"] as const;
type Sort = (typeof SORTS)[number];

/** The tree, one directory at a time. */
export function FilesPage() {
  const view = currentView();
  const at = readPathParams(place.value.searchParams);
  const sort = SORTS.find((each) => each === param("sort")) ?? "path";
  const isDescending = param("order") === "desc";
  const [active, setActive] = useState(-1);
  const directory = useDirectory(view, at, { sort, isDescending });
  const { pages, sums, error, state, largest } = directory;
  const chosen = readChosen();
  const identity = JSON.stringify([view, at, sort, isDescending]);

  // Whoever goes on by keys finds them where the list is that they came to.
  const isByKeys = useRef(false);
  const isThere = pages !== undefined;

  useEffect(() => {
    setActive(-1);
  }, [identity]);
  useEffect(() => {
    if (isThere) isByKeys.current = false;
  }, [isThere]);

  const pathOf = (row: EntryJson): WirePath => ({ path: row.path ?? "/", path_b64: row.path_b64 });
  const choose = (index: number): void => {
    setActive(index);
    const row = pages?.row(index);
    if (row !== undefined) adjust(chosenParams(pathOf(row)), { replace: true });
  };
  const open = (index: number): void => {
    const row = pages?.row(index);
    if (row === undefined) return;
    if (row.type !== "d") {
      choose(index);
      return;
    }
    isByKeys.current = true;
    go(filesAddress(view, pathOf(row)));
  };
  const leave = (): void => {
    if (at.path === "/") return;
    isByKeys.current = true;
    go(filesAddress(view, parentOf(at)));
  };

  return (
    <div class="files">
      <PageHead title={t("nav.files")}>
        <ViewChoice />
        <span class="grow" />
        {state === "broken" && <Badge tone="warn">{t("live.broken")}</Badge>}
        <CopyButton text={shellWord(at)} label={t("action.copyPath")} />
      </PageHead>
      <Crumbs at={at} address={(each) => filesAddress(view, each)} />
      <div class="split">
        <div class="split-main">
          {pages === undefined && error === undefined && <Loading lines={8} />}
          {pages === undefined && error !== undefined && (
            <ErrorNotice error={error} retry={directory.refresh} />
          )}
          {pages?.total === 0 && <EmptyDirectory takesFocus={isByKeys.current} onLeave={leave} />}
          {pages !== undefined && pages.total > 0 && (
            <VirtualList
              label={t("files.list", { path: at.path })}
              total={pages.total}
              rowHeight={ROW_PX}
              identity={identity}
              active={active}
              onActive={choose}
              onOpen={open}
              onLeave={leave}
              takesFocus={isByKeys.current}
              onSight={directory.look}
              head={<Heads sort={sort} isDescending={isDescending} />}
              row={(index) => {
                const row = pages.row(index);
                if (row === undefined) return <span role="gridcell" class="bone" />;
                return <Cells view={view} row={row} sums={sums} largest={largest} />;
              }}
            />
          )}
          {pages !== undefined && pages.total > 0 && (
            <p class="quiet small list-foot">{t("files.total", { n: count(pages.total) })}</p>
          )}
        </div>
        {chosen !== undefined && (
          <Details
            key={JSON.stringify(chosen)}
            view={view}
            at={chosen}
            onClose={() => {
              adjust({ sel: undefined, sel_b64: undefined }, { replace: true });
            }}
          />
        )}
      </div>
    </div>
  );
}

interface EmptyDirectoryProps {
  readonly takesFocus: boolean;
  readonly onLeave: () => void;
}

/** Nothing to move in, but keys lead out of it again. */
function EmptyDirectory({ takesFocus, onLeave }: EmptyDirectoryProps) {
  const place = useRef<HTMLDivElement>(null);
  // Before it is seen: a key that is pressed at its sight must find it.
  useLayoutEffect(() => {
    if (takesFocus) place.current?.focus();
  }, []);
  return (
    <div
      ref={place}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Backspace" && event.key !== "ArrowLeft") return;
        event.preventDefault();
        onLeave();
      }}
    >
      <Notice icon="empty" title={t("files.empty")}>
        {t("files.emptyText")}
      </Notice>
    </div>
  );
}

/** The address of a directory in this console. */
export function filesAddress(view: string, at: WirePath, chosen?: WirePath): string {
  return addressOf("/console/files", {
    view,
    ...pathParams(at),
    ...(chosen === undefined ? {} : chosenParams(chosen)),
  });
}

function chosenParams({ path, path_b64 }: WirePath) {
  return { sel: path_b64 === undefined ? path : undefined, sel_b64: path_b64 };
}

function readChosen(): WirePath | undefined {
  const [sel, bytes] = [param("sel"), param("sel_b64")];
  if (sel === "" && bytes === "") return undefined;
  return readPathParams(new URLSearchParams({ path: sel, path_b64: bytes }));
}

function Heads({ sort, isDescending }: { readonly sort: Sort; readonly isDescending: boolean }) {
  const labels = { path: t("word.name"), size: t("word.size"), mtime: t("word.modified") } as const;
  return (
    <>
      {SORTS.map((each) => {
        const isSorted = each === sort;
        const next = isSorted ? !isDescending : each !== "path";
        return (
          <span
            key={each}
            role="columnheader"
            class={`col-${each}`}
            aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : "none"}
          >
            <button
              type="button"
              class="sort"
              onClick={() => {
                adjust({ sort: each, order: next ? "desc" : undefined });
              }}
            >
              {labels[each]}
              {isSorted && (
                <span class={isDescending ? "arrow down" : "arrow"} aria-hidden="true" />
              )}
            </button>
          </span>
        );
      })}
    </>
  );
}

interface CellsProps {
  readonly view: string;
  readonly row: EntryJson;
  /** What stands below the largest directories, by path. */
  readonly sums: ReadonlyMap<string, number>;
  readonly largest: number;
}

function Cells({ view, row, sums, largest }: CellsProps) {
  const { path = "/", path_b64, name = "", type, size, mtime } = row;
  const isDirectory = type === "d";
  const below = sums.get(path_b64 ?? path);
  const shown = isDirectory ? below : (size ?? undefined);
  return (
    <>
      <span role="gridcell" class="col-path">
        <Icon name={isDirectory ? "folder" : type === "l" ? "link" : "file"} />
        {isDirectory ? (
          <Link to={filesAddress(view, { path, path_b64 })} class="name">
            <NameText name={name} />
          </Link>
        ) : (
          <span class="name">
            <NameText name={name} />
          </span>
        )}
        <TrustMarks of={row} />
      </span>
      <span role="gridcell" class="col-size">
        {shown !== undefined && largest > 0 && <Bar share={shown / largest} />}
        <span class="figure">{shown === undefined ? "–" : bytes(shown)}</span>
      </span>
      <span role="gridcell" class="col-mtime">
        {typeof mtime === "number" ? day(mtime) : "–"}
      </span>
    </>
  );
}
