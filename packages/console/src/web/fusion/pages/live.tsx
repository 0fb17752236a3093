import type { ChangeEvent, ChangesPage } from "@fustor/protocol";
import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { Badge, type Tone } from "../../shared/badge.js";
import { bytes, clockTime, count } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { parentOf, readPathParams, type WirePath } from "../../shared/path.js";
import { adjust, Link, place } from "../../shared/router.js";
import { Notice } from "../../shared/states.js";
import { useChanges, type StreamState } from "../follow.js";
import { currentView, ViewChoice } from "../view-choice.js";
import { filesAddress } from "./files.js";

/** Rows that are shown; older ones leave. */
const ROWS_MAX = 500;

interface Row {
  readonly id: number;
  readonly at: number;
  readonly event: ChangeEvent | undefined;
}

const TONES: Readonly<Record<ChangeEvent["kind"], Tone>> = {
  created: "good",
  updated: "busy",
  deleted: "bad",
  moved: "warn",
};

/** What happens, as it happens. */
export function LivePage() {
  const view = currentView();
  const at = readPathParams(place.value.searchParams);
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [isPaused, setPaused] = useState(false);
  const paused = useRef(false);
  const [missed, setMissed] = useState(0);
  const [total, setTotal] = useState(0);
  const number = useRef(0);
  const isFirst = useRef(true);

  const state = useChanges(view, at, (page: ChangesPage) => {
    // The first page only says where the stream begins.
    const events: readonly (ChangeEvent | undefined)[] =
      page.reset === undefined ? page.events : isFirst.current ? [] : [undefined];
    isFirst.current = false;
    if (events.length === 0) return;
    setTotal((before) => before + events.length);
    if (paused.current) {
      setMissed((before) => before + events.length);
      return;
    }
    const now = Date.now() / 1_000;
    const fresh = events.slice(-ROWS_MAX).map((event): Row => {
      number.current += 1;
      return { id: number.current, at: now, event };
    });
    setRows((before) => [...fresh.reverse(), ...before].slice(0, ROWS_MAX));
  });

  const toggle = (): void => {
    paused.current = !paused.current;
    setPaused(paused.current);
    setMissed(0);
  };

  return (
    <>
      <PageHead title={t("nav.live")}>
        <ViewChoice />
        <StreamBadge state={state} />
        <span class="grow" />
        <button type="button" onClick={toggle} aria-pressed={isPaused}>
          <Icon name={isPaused ? "play" : "pause"} />
          {isPaused ? t("live.resume") : t("live.pause")}
        </button>
        <button
          type="button"
          onClick={() => {
            setRows([]);
          }}
        >
          {t("live.clear")}
        </button>
      </PageHead>
      <PathForm at={at} />
      <p class="quiet small" role="status">
        {t("live.count", { n: count(total) })}
        {isPaused && missed > 0 && ` · ${t("live.missed", { n: count(missed) })}`}
      </p>
      {rows.length === 0 ? (
        <Notice icon="activity" title={t("live.none")}>
          {t("live.noneText")}
        </Notice>
      ) : (
        <ol class="feed card" aria-label={t("nav.live")}>
          {rows.map((row) => (
            <FeedRow key={row.id} view={view} row={row} />
          ))}
        </ol>
      )}
    </>
  );
}

function PathForm({ at }: { readonly at: WirePath }) {
  const [text, setText] = useState(at.path);
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        adjust({ path: text, path_b64: undefined });
      }}
    >
      <label class="field grow">
        <span>{t("search.below")}</span>
        <input
          value={text}
          spellcheck={false}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
          }}
        />
      </label>
      <button type="submit">{t("live.follow")}</button>
    </form>
  );
}

export function StreamBadge({ state }: { readonly state: StreamState }) {
  switch (state) {
    case "open":
      return <Badge tone="good">{t("live.open")}</Badge>;
    case "opening":
      return <Badge tone="quiet">{t("live.opening")}</Badge>;
    case "broken":
      return <Badge tone="warn">{t("live.broken")}</Badge>;
  }
}

function FeedRow({ view, row: { at, event } }: { readonly view: string; readonly row: Row }) {
  if (event === undefined) {
    return (
      <li>
        <time>{clockTime(at)}</time>
        <Badge tone="warn">{t("live.reset")}</Badge>
        <span>{t("live.resetText")}</span>
      </li>
    );
  }
  const { kind, path, path_b64, from, is_directory: isDirectory, attributes } = event;
  const here: WirePath = { path, path_b64 };
  return (
    <li>
      <time>{clockTime(at)}</time>
      <Badge tone={TONES[kind]}>{t(`kind.${kind}`)}</Badge>
      <span class="path">
        <Icon name={isDirectory ? "folder" : "file"} />
        {kind === "deleted" ? (
          <NameText name={path} />
        ) : (
          <Link
            to={isDirectory ? filesAddress(view, here) : filesAddress(view, parentOf(here), here)}
          >
            <NameText name={path} />
          </Link>
        )}
        {from !== undefined && (
          <span class="quiet">
            {" ← "}
            <NameText name={from} />
          </span>
        )}
      </span>
      <span class="figure quiet">
        {attributes === undefined || isDirectory ? "" : bytes(attributes.size)}
      </span>
    </li>
  );
}
