import type { CoverageReply } from "@fustor/protocol";
import { useState } from "preact/hooks";
import { t, type TextKey } from "../../i18n/i18n.js";
import { toApiError, type ApiError } from "../../shared/api.js";
import { Badge } from "../../shared/badge.js";
import { Bar, Figures } from "../../shared/figures.js";
import { ago, count, duration, moment, percent } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { parentOf, ROOT, type WirePath } from "../../shared/path.js";
import { useAnswer } from "../../shared/polled.js";
import { ProblemLine } from "../../shared/problem-line.js";
import { Link } from "../../shared/router.js";
import { Answered } from "../../shared/states.js";
import {
  askCoverage,
  decide,
  listBlindSpots,
  firstSuspects,
  listHolds,
  type BlindSpotsInfo,
} from "../api.js";
import { GapText } from "../details.js";
import { isAdmin } from "../session.js";
import { currentView, ViewChoice, views } from "../view-choice.js";
import { CoverageMap } from "../coverage-map.js";
import { filesAddress } from "./files.js";

const POLL_MS = 5_000;
/** Of long lists so many are shown. */
const SHOWN_MAX = 200;

/** How well a view is known, what in it is not sure, and what waits for a decision. */
export function TrustPage() {
  const view = currentView();
  if (view === "") return <PageHead title={t("nav.trust")} />;
  return (
    <>
      <PageHead title={t("nav.trust")}>
        <ViewChoice />
      </PageHead>
      <Coverage view={view} />
      <CoverageMap view={view} />
      <Holds view={view} />
      <Suspects view={view} />
      <BlindSpots view={view} />
    </>
  );
}

function Coverage({ view }: { readonly view: string }) {
  const known = useAnswer(`coverage ${view}`, (signal) => askCoverage(view, ROOT, signal), POLL_MS);
  return (
    <section class="card">
      <h2>{t("coverage.title")}</h2>
      <p class="quiet">{t("coverage.text")}</p>
      <Answered of={known}>{(reply) => <CoverageFigures reply={reply} />}</Answered>
    </section>
  );
}

function CoverageFigures({ reply }: { readonly reply: CoverageReply }) {
  const { coverage, directories, listed, watched, gaps, oldest_listed_at: oldest } = reply;
  return (
    <>
      <div class="gauge">
        <b>{percent(coverage)}</b>
        <Bar share={coverage} label={t("coverage.title")} />
      </div>
      <Figures
        of={[
          { label: t("word.directories"), value: count(directories) },
          { label: t("coverage.listed"), value: count(listed) },
          {
            label: t("coverage.watched"),
            value: (
              <Badge tone={watched ? "good" : "warn"}>
                {watched ? t("word.yes") : t("word.no")}
              </Badge>
            ),
          },
          {
            label: t("coverage.oldest"),
            value:
              oldest === null ? "–" : ago(Math.max(0, Math.round(Date.now() / 1_000 - oldest))),
          },
        ]}
      />
      <div class="beside">
        <div>
          <h3>{t("coverage.ages")}</h3>
          <ul class="ages">
            {reply.listed_ages.map(({ max_age: age, directories: n }) => (
              <li key={String(age)}>
                <span>
                  {age === null ? t("coverage.older") : t("coverage.upTo", { span: duration(age) })}
                </span>
                <Bar share={listed === 0 ? 0 : n / listed} />
                <span class="figure">{count(n)}</span>
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h3>{t("coverage.gaps")}</h3>
          {gaps.length === 0 ? (
            <p class="good">
              <Icon name="check" /> {t("coverage.noGaps")}
            </p>
          ) : (
            <ul class="plain">
              {gaps.slice(0, SHOWN_MAX).map((gap) => (
                <li key={`${gap.kind} ${gap.path}`}>
                  <GapText of={gap} />
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </>
  );
}

function Holds({ view }: { readonly view: string }) {
  const known = useAnswer(`holds ${view}`, (signal) => listHolds(view, signal), POLL_MS);
  const [problem, setProblem] = useState<ApiError>();
  const settle = async (id: string, decision: "approve" | "reject"): Promise<void> => {
    try {
      await decide(view, id, decision);
      setProblem(undefined);
      known.refresh();
    } catch (error) {
      setProblem(toApiError(error));
    }
  };
  return (
    <section class="card">
      <h2>{t("holds.title")}</h2>
      <p class="quiet">{t("holds.text")}</p>
      <ProblemLine error={problem} />
      <Answered of={known} lines={1}>
        {(holds) =>
          holds.length === 0 ? (
            <p class="good">
              <Icon name="check" /> {t("holds.none")}
            </p>
          ) : (
            <>
              {!isAdmin() && <p class="quiet small">{t("holds.admin")}</p>}
              <ul class="plain decisions">
                {holds.slice(0, SHOWN_MAX).map(({ id, path, path_b64, names, decision }) => (
                  <li key={id}>
                    <PathLink view={view} at={{ path, path_b64 }} />
                    <span class="quiet">{t("holds.names", { n: count(names) })}</span>
                    {decision !== undefined && (
                      <Badge tone={decision === "approved" ? "bad" : "good"}>
                        {t(`holds.${decision}`)}
                      </Badge>
                    )}
                    <span class="grow" />
                    <span class="actions">
                      <button
                        type="button"
                        disabled={!isAdmin() || decision === "rejected"}
                        onClick={() => void settle(id, "reject")}
                      >
                        {t("holds.reject")}
                      </button>
                      <button
                        type="button"
                        class="danger"
                        disabled={!isAdmin() || decision === "approved"}
                        onClick={() => void settle(id, "approve")}
                      >
                        {t("holds.approve")}
                      </button>
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Answered>
    </section>
  );
}

function Suspects({ view }: { readonly view: string }) {
  const total = views.value?.find(({ id }) => id === view)?.suspects ?? 0;
  const known = useAnswer(
    `suspects ${view}`,
    (signal) => firstSuspects(view, { total, max: SHOWN_MAX }, signal),
    POLL_MS,
  );
  return (
    <section class="card">
      <h2>{t("word.suspects")}</h2>
      <p class="quiet">{t("trust.suspectText")}</p>
      <Answered of={known} lines={1}>
        {(suspects) => (
          <PathList
            view={view}
            none="suspects.none"
            total={Math.max(total, suspects.length)}
            paths={suspects.map(({ suspect_until: until, ...at }) =>
              until === undefined
                ? at
                : { ...at, note: t("suspects.until", { at: moment(until) }) },
            )}
          />
        )}
      </Answered>
    </section>
  );
}

const BLIND_KINDS = [
  ["additions", "blind.additions"],
  ["modifications", "blind.modifications"],
  ["deletions", "blind.deletions"],
] as const satisfies readonly (readonly [keyof BlindSpotsInfo, TextKey])[];

function BlindSpots({ view }: { readonly view: string }) {
  const known = useAnswer(`blind ${view}`, (signal) => listBlindSpots(view, signal), POLL_MS);
  return (
    <section class="card">
      <h2>{t("word.blindSpots")}</h2>
      <p class="quiet">{t("trust.blindText")}</p>
      <Answered of={known} lines={1}>
        {(spots) => (
          <>
            {BLIND_KINDS.map(([kind, title]) => {
              const total = spots[kind].length;
              const paths = spots[kind]
                .slice(0, SHOWN_MAX)
                .map((each): WirePath => (typeof each === "string" ? { path: each } : each));
              return (
                <div key={kind}>
                  <h3>
                    {t(title)} <span class="quiet">{count(total)}</span>
                  </h3>
                  <PathList view={view} none="blind.none" total={total} paths={paths} />
                </div>
              );
            })}
          </>
        )}
      </Answered>
    </section>
  );
}

interface PathListProps {
  readonly view: string;
  readonly paths: readonly (WirePath & { readonly note?: string })[];
  /** How many there are, of which `paths` are the first. */
  readonly total: number;
  readonly none: TextKey;
}

function PathList({ view, paths, total, none }: PathListProps) {
  if (paths.length === 0) return <p class="quiet">{t(none)}</p>;
  return (
    <ul class="plain">
      {paths.map((each) => (
        <li key={each.path_b64 ?? each.path}>
          <PathLink view={view} at={each} />
          {each.note !== undefined && <span class="quiet">{each.note}</span>}
        </li>
      ))}
      {total > paths.length && (
        <li class="quiet">{t("list.more", { n: count(total - paths.length) })}</li>
      )}
    </ul>
  );
}

function PathLink({ view, at }: { readonly view: string; readonly at: WirePath }) {
  return (
    <Link to={filesAddress(view, parentOf(at), at)} class="path">
      <NameText name={at.path} />
    </Link>
  );
}
