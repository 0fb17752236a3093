import type { ViewInfo } from "@fustor/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { Badge } from "../../shared/badge.js";
import { Chart } from "../../shared/chart.js";
import { Figures } from "../../shared/figures.js";
import { ago, bytes, count, duration, rate } from "../../shared/format.js";
import { History, Mean, Rate } from "../../shared/history.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { useAnswer, type Known } from "../../shared/polled.js";
import { addressOf, Link } from "../../shared/router.js";
import { Answered, Notice } from "../../shared/states.js";
import { listSessions, readMetrics, type SessionInfo } from "../api.js";
import { RefusedRoots } from "../refused-roots.js";

const POLL_MS = 2_000;

export interface PageProps {
  readonly views: Known<readonly ViewInfo[]>;
}

/** All views at a glance: how they are, who feeds them, and how much comes in. */
export function OverviewPage({ views }: PageProps) {
  return (
    <>
      <PageHead title={t("nav.overview")} />
      <Answered of={views}>
        {(all) =>
          all.length === 0 ? (
            <Notice icon="empty" title={t("overview.none")}>
              {t("overview.noneText")}
            </Notice>
          ) : (
            <div class="cards">
              {all.map((view) => (
                <ViewCard key={view.id} view={view} />
              ))}
            </div>
          )
        }
      </Answered>
      <Throughput />
    </>
  );
}

function ViewCard({ view }: { readonly view: ViewInfo }) {
  const { id, ready, staleness_seconds: staleness } = view;
  const isFed = view.sessions > 0;
  const sessions = useAnswer(`sessions ${id}`, (signal) => listSessions(id, signal), POLL_MS);
  const to = (path: string) => addressOf(path, { view: id });
  return (
    <section class="card" aria-label={t("word.viewNamed", { view: id })}>
      <div class="card-head">
        <h2>
          <Link to={to("/console/files")}>
            <NameText name={id} />
          </Link>
        </h2>
        {ready ? (
          <Badge tone="good">{t("view.ready")}</Badge>
        ) : isFed ? (
          <Badge tone="busy">{t("view.filling")}</Badge>
        ) : (
          <Badge tone="warn">{t("view.noAgent")}</Badge>
        )}
        {(ready || isFed) && !view.has_leader && <Badge tone="warn">{t("view.noLeader")}</Badge>}
      </div>
      <RefusedRoots view={id} />
      {!ready && isFed && <Filling view={view} />}
      <Figures
        of={[
          { label: t("word.files"), value: count(view.files) },
          { label: t("word.directories"), value: count(view.directories) },
          { label: t("word.size"), value: bytes(view.bytes) },
          {
            label: t("view.heard"),
            value: staleness === null ? t("word.never") : ago(Math.round(staleness)),
          },
          { label: t("word.revision"), value: count(view.revision) },
          {
            label: t("word.suspects"),
            value: <Link to={to("/console/trust")}>{count(view.suspects)}</Link>,
          },
          {
            label: t("word.blindSpots"),
            value: <Link to={to("/console/trust")}>{count(view.blind_spots)}</Link>,
          },
          {
            label: t("word.gaps"),
            value: <Link to={to("/console/trust")}>{count(view.gaps)}</Link>,
          },
          {
            label: t("word.held"),
            value: <Link to={to("/console/trust")}>{count(view.held)}</Link>,
          },
        ]}
      />
      <h3>{t("sessions.title")}</h3>
      <Answered of={sessions} lines={1}>
        {(list) => <Sessions list={list} isReady={ready} />}
      </Answered>
    </section>
  );
}

/** How a first snapshot comes along: nobody knows how much there is before it has ended. */
function Filling({ view }: { readonly view: ViewInfo }) {
  const names = view.files + view.directories;
  const counted = useRef({ rate: new Rate(), view, perSecond: null as number | null });
  if (counted.current.view !== view) {
    const next = counted.current.rate.next(Date.now() / 1_000, names);
    counted.current = { ...counted.current, view, perSecond: next };
  }
  const { perSecond } = counted.current;
  return (
    <p class="quiet">
      <span class="strong">{t("view.soFar", { n: count(names) })}</span>
      {perSecond !== null && <> · {t("view.pace", { rate: rate(perSecond) })}</>}
      {" · "}
      {t("view.soFarText")}
    </p>
  );
}

interface SessionsProps {
  readonly list: readonly SessionInfo[];
  /** Something was known of the view before. */
  readonly isReady: boolean;
}

function Sessions({ list, isReady }: SessionsProps) {
  if (list.length === 0) {
    return (
      <Notice icon="drive" title={t("sessions.none")}>
        {isReady ? t("sessions.noneText") : t("view.noAgentText")}
      </Notice>
    );
  }
  const now = Date.now() / 1_000;
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={t("sessions.title")}>
      <table class="stacked">
        <thead>
          <tr>
            <th>{t("word.agent")}</th>
            <th>{t("word.role")}</th>
            <th>{t("word.source")}</th>
            <th>{t("word.pipe")}</th>
            <th class="number">{t("sessions.heard")}</th>
            <th class="number">{t("sessions.since")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((each) => (
            <tr key={each.session_id}>
              <td>
                <span class="strong">
                  <NameText name={each.agent_id} />
                </span>{" "}
                <span class="quiet">
                  <NameText name={each.client_ip} />
                </span>
              </td>
              <td>
                <Badge tone={each.role === "leader" ? "good" : "quiet"}>
                  {each.role === "leader" ? t("role.leader") : t("role.follower")}
                </Badge>
              </td>
              <td class="path">
                <NameText name={each.source_uri} />
              </td>
              <td data-label={t("word.pipe")}>
                <NameText name={each.pipe_id} />
              </td>
              <td class="number" data-label={t("sessions.heard")}>
                {ago(Math.max(0, Math.round(now - each.last_activity)))}
              </td>
              <td class="number" data-label={t("sessions.since")}>
                {duration(Math.max(0, Math.round(now - each.created_at)))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const STREAMS = ["realtime", "scan"] as const;

/** What the agents send and others ask, from the figures that Fusion keeps for monitors. */
function Throughput() {
  const kept = useRef({
    rows: new History(),
    questions: new History(),
    times: new History(),
    rates: STREAMS.map(() => new Rate()),
    asked: new Rate(),
    applying: new Mean(),
    answering: new Mean(),
  });
  const [isRefused, setRefused] = useState(false);
  const metrics = useAnswer("metrics", readMetrics, POLL_MS);
  const { value, error } = metrics;

  useEffect(() => {
    if (error !== undefined && (error.status === 401 || error.status === 403)) setRefused(true);
  }, [error]);

  const seen = useRef<ReadonlyMap<string, number> | undefined>(undefined);
  if (value !== undefined && value !== seen.current) {
    seen.current = value;
    const { rows, questions, times, rates, asked, applying, answering } = kept.current;
    const at = Date.now() / 1_000;
    const total = (name: string): number => value.get(name) ?? 0;
    rows.add(
      at,
      STREAMS.map(
        (stream, i) => rates[i]?.next(at, total(`fustor_ingest_rows_total:${stream}`)) ?? null,
      ),
    );
    questions.add(at, [asked.next(at, total("fustor_query_seconds_count"))]);
    times.add(at, [
      toMs(applying.next(total("fustor_ingest_seconds_sum"), total("fustor_ingest_seconds_count"))),
      toMs(answering.next(total("fustor_query_seconds_sum"), total("fustor_query_seconds_count"))),
    ]);
  }
  if (isRefused) return null;
  return (
    <section class="card charts after" aria-label={t("chart.title")}>
      <Chart
        title={t("chart.rows")}
        format={rate}
        data={kept.current.rows.columns(2)}
        series={[
          { label: t("chart.realtime"), color: "--accent" },
          { label: t("chart.scan"), color: "--second" },
        ]}
      />
      <Chart
        title={t("chart.questions")}
        format={rate}
        data={kept.current.questions.columns(1)}
        series={[{ label: t("chart.asked"), color: "--accent" }]}
      />
      <Chart
        title={t("chart.latency")}
        format={(ms) => t("span.ms", { n: rate(ms) })}
        data={kept.current.times.columns(2)}
        series={[
          { label: t("chart.apply"), color: "--accent" },
          { label: t("chart.answer"), color: "--second" },
        ]}
      />
    </section>
  );
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}
