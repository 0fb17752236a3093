import type { UsageReply, UsageRow } from "@fustor/protocol";
import { t } from "../../i18n/i18n.js";
import { Bar, Figures } from "../../shared/figures.js";
import { ago, bytes, count, moment, percent } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { pathParams, readPathParams } from "../../shared/path.js";
import { addressOf, Link, place } from "../../shared/router.js";
import { Answered, Notice } from "../../shared/states.js";
import type { WirePath } from "../../shared/path.js";
import { useAnswer } from "../../shared/polled.js";
import { askUsage } from "../api.js";
import { Crumbs } from "../crumbs.js";
import { TreemapFigure, type Area } from "../treemap-figure.js";
import { currentView, ViewChoice } from "../view-choice.js";

const TOP = 60;
const REFRESH_MS = 15_000;

/** Where the bytes are: a map of areas, and the same as a table. */
export function UsagePage() {
  const view = currentView();
  const at = readPathParams(place.value.searchParams);
  const question = `usage ${view} ${at.path_b64 ?? at.path}`;
  const known = useAnswer(
    question,
    (signal) => askUsage(view, at, { depth: 1, top: TOP }, signal),
    REFRESH_MS,
  );
  return (
    <>
      <PageHead title={t("nav.usage")}>
        <ViewChoice />
      </PageHead>
      <Crumbs at={at} address={(each) => usageAddress(view, each)} />
      <Answered of={known} lines={8}>
        {(reply) => <Usage view={view} reply={reply} />}
      </Answered>
    </>
  );
}

function usageAddress(view: string, at: WirePath): string {
  return addressOf("/console/usage", { view, ...pathParams(at) });
}

/** A child, or all that are not shown together. */
interface Part {
  readonly row: UsageRow | undefined;
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
}

function Usage({ view, reply }: { readonly view: string; readonly reply: UsageReply }) {
  const { usage, meta } = reply;
  const newest = usage.newest_mtime;
  const parts: Part[] = (usage.children ?? []).map((row) => {
    return { row, name: row.name, bytes: row.bytes, files: row.files };
  });
  if (usage.rest !== undefined) {
    const { bytes: rest, files, entries } = usage.rest;
    const name = t("usage.rest", { n: count(entries) });
    parts.push({ row: undefined, name, bytes: rest, files });
  }
  return (
    <>
      <Figures
        of={[
          { label: t("word.size"), value: bytes(usage.bytes) },
          { label: t("word.allocated"), value: bytes(usage.allocated_bytes) },
          { label: t("word.files"), value: count(usage.files) },
          { label: t("word.directories"), value: count(usage.directories) },
          {
            label: t("usage.newest"),
            value:
              newest === null ? "–" : ago(Math.max(0, Math.round(Date.now() / 1_000 - newest))),
            title: newest === null ? undefined : moment(newest),
          },
        ]}
      />
      {meta.hard_links === "counted_once" && <p class="quiet small">{t("usage.hardLinks")}</p>}
      {parts.length === 0 ? (
        <Notice icon="empty" title={t("files.empty")}>
          {t("files.emptyText")}
        </Notice>
      ) : (
        <>
          <Treemap view={view} parts={parts} total={usage.bytes} />
          <PartsTable view={view} parts={parts} total={usage.bytes} />
        </>
      )}
    </>
  );
}

interface PartsProps {
  readonly view: string;
  readonly parts: readonly Part[];
  readonly total: number;
}

function Treemap({ view, parts, total }: PartsProps) {
  const areas = parts.map(({ row, name, bytes: size }, i): Area => {
    const isDirectory = row?.type === "d";
    return {
      key: row?.path_b64 ?? row?.path ?? "",
      name,
      weight: size,
      figure: bytes(size),
      title: `${name}: ${bytes(size)} (${percent(size / total)})`,
      to: isDirectory ? usageAddress(view, row) : undefined,
      tone: isDirectory ? `tile-dir shade-${String(i % 4)}` : "tile-file",
    };
  });
  return <TreemapFigure label={t("usage.map")} areas={areas} />;
}

function PartsTable({ view, parts, total }: PartsProps) {
  const largest = parts.reduce((most, part) => Math.max(most, part.bytes), 0);
  return (
    <div class="card scroll-x" tabIndex={0} role="region" aria-label={t("nav.usage")}>
      <table class="stacked">
        <thead>
          <tr>
            <th>{t("word.name")}</th>
            <th class="wide">{t("word.size")}</th>
            <th class="number">{t("usage.share")}</th>
            <th class="number">{t("word.files")}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ row, name, bytes: size, files }) => (
            <tr key={row?.path_b64 ?? row?.path ?? ""}>
              <td class="path">
                <Icon name={row?.type === "d" ? "folder" : "file"} />
                {row?.type === "d" ? (
                  <Link to={usageAddress(view, row)}>
                    <NameText name={name} />
                  </Link>
                ) : (
                  <NameText name={name} />
                )}
              </td>
              <td class="sized">
                <Bar share={largest === 0 ? 0 : size / largest} />
                <span class="figure">{bytes(size)}</span>
              </td>
              <td class="number">{total === 0 ? "–" : percent(size / total)}</td>
              <td class="number" data-label={t("word.files")}>
                {count(files)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
