import { useState } from "preact/hooks";
import type { AgentConsolePipe, AgentConsoleStatus } from "../../../agent-api.js";
import { findText, t } from "../../i18n/i18n.js";
import type { ApiError } from "../../shared/api.js";
import { Badge, type Tone } from "../../shared/badge.js";
import { Chart } from "../../shared/chart.js";
import { Bar, Figures } from "../../shared/figures.js";
import { ago, count, rate } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { Phrase } from "../../shared/phrase.js";
import type { Known } from "../../shared/polled.js";
import { ProblemLine } from "../../shared/problem-line.js";
import { ServerWords } from "../../shared/server-words.js";
import { Answered, Notice } from "../../shared/states.js";
import { ActionButton } from "../action-button.js";
import { actOnPipe, reload, type PipeAction } from "../api.js";
import { PhaseLine } from "../phase-line.js";
import { numberIn } from "../progress.js";
import { RecentProblems } from "../recent-problems.js";
import { samplesOf } from "../samples.js";
import { sourceFigures } from "../source-figures.js";

export interface PageProps {
  readonly status: Known<AgentConsoleStatus>;
}

/** What the agent carries, and how it does. */
export function PipesPage({ status }: PageProps) {
  const [failure, setFailure] = useState<ApiError>();
  return (
    <>
      <PageHead title={t("nav.pipes")}>
        <span class="grow" />
        {status.value !== undefined && (
          <ActionButton action="reload" act={reload} onEnd={setFailure} />
        )}
      </PageHead>
      <ProblemLine error={failure} />
      <Answered of={status} lines={6}>
        {({ pipes, now }) =>
          pipes.length === 0 ? (
            <Notice icon="empty" title={t("pipes.none")}>
              {t("pipes.noneText")}
            </Notice>
          ) : (
            <div class="cards">
              {pipes.map((pipe) => (
                <PipeCard key={pipe.id} pipe={pipe} now={now} />
              ))}
              <RecentProblems />
            </div>
          )
        }
      </Answered>
    </>
  );
}

interface PipeCardProps {
  readonly pipe: AgentConsolePipe;
  readonly now: number;
}

function PipeCard({ pipe, now }: PipeCardProps) {
  const { id, role, problem, counters, watching, sourceId, sourceType, senderId } = pipe;
  const samples = samplesOf(pipe);
  const [failure, setFailure] = useState<ApiError>();
  const hasRun = counters.sessionsOpened > 0;
  return (
    <section class="card" aria-label={t("word.pipeNamed", { pipe: id })}>
      <div class="card-head">
        <h2>
          <NameText name={id} />
        </h2>
        <StateBadge pipe={pipe} />
        {role !== undefined && (
          <Badge tone={role === "leader" ? "good" : "quiet"}>{t(`role.${role}`)}</Badge>
        )}
        {pipe.state === "running" && (
          <Badge tone={watching ? "good" : "warn"}>
            {watching ? t("pipe.watching") : t("pipe.notWatching")}
          </Badge>
        )}
        <span class="grow" />
        <PipeButtons pipe={pipe} onEnd={setFailure} />
      </div>
      <ProblemLine error={failure} />
      <p class="quiet">
        <NameText name={`${sourceId} (${sourceType}) → ${senderId} (${pipe.senderType})`} />
      </p>
      {problem !== undefined && <PipeProblem of={problem} now={now} />}
      <PhaseLine pipe={pipe} now={now} />
      {samples !== undefined && hasRun && (
        <div class="charts">
          <Chart
            title={t("pipe.rowsPerSecond")}
            format={rate}
            data={samples.rows.columns(1)}
            series={[{ label: t("pipe.sent"), color: "--accent" }]}
          />
          <Chart
            title={t("pipe.waiting")}
            format={count}
            data={samples.waiting.columns(1)}
            series={[{ label: t("word.rows"), color: "--second" }]}
          />
          <Chart
            title={t("pipe.taking")}
            format={(ms) => t("span.ms", { n: rate(ms) })}
            data={samples.taking.columns(1)}
            series={[{ label: t("pipe.batch"), color: "--accent" }]}
          />
        </div>
      )}
      {hasRun && <Counters of={counters} />}
      {Object.keys(pipe.source).length > 0 && (
        <>
          <h3>{t("pipe.source")}</h3>
          <Quota pipe={pipe} />
          <BackEnd pipe={pipe} />
          <Figures of={sourceFigures(pipe.source)} />
        </>
      )}
    </section>
  );
}

interface PipeProblemProps {
  readonly of: NonNullable<AgentConsolePipe["problem"]>;
  readonly now: number;
}

/** What is missing: in a few words, as the agent says it, and what to do. */
function PipeProblem({ of: { code, message, at }, now }: PipeProblemProps) {
  const hint = findText(`hint.${code}`);
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <b>{findText(`problem.${code}`) ?? t("state.failed")}</b>
        </p>
        <p lang="en">{message}</p>
        <p class="small quiet">
          <code>{code}</code> · {ago(Math.max(0, Math.round((now - at) / 1_000)))}
          {hint !== undefined && <> · {hint}</>}
        </p>
      </div>
    </div>
  );
}

function Counters({ of: counters }: { readonly of: AgentConsolePipe["counters"] }) {
  return (
    <Figures
      of={[
        { label: t("pipe.rowsSent"), value: count(counters.rowsSent) },
        { label: t("pipe.batches"), value: count(counters.batchesSent) },
        { label: t("pipe.retries"), value: count(counters.retries) },
        { label: t("pipe.refused"), value: count(counters.batchesRefused) },
        { label: t("pipe.lost"), value: count(counters.lostReported) },
        { label: t("pipe.snapshots"), value: count(counters.snapshotsCompleted) },
        { label: t("pipe.audits"), value: count(counters.auditsCompleted) },
        { label: t("pipe.sessions"), value: count(counters.sessionsOpened) },
      ]}
    />
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  starting: "busy",
  running: "good",
  retrying: "bad",
  stopped: "quiet",
  failed: "bad",
  paused: "warn",
  off: "quiet",
};

function StateBadge({ pipe }: Pick<PipeCardProps, "pipe">) {
  const word = wordOf(pipe);
  return <Badge tone={TONES[word] ?? "quiet"}>{t(`pipeState.${word}`)}</Badge>;
}

function wordOf({ state, enabled, isPaused, problem }: AgentConsolePipe) {
  if (!enabled) return "off";
  if (isPaused === true) return "paused";
  return state === "stopped" && problem !== undefined ? "failed" : state;
}

/** How much of what the kernel lets this user watch is used. */
function Quota({ pipe: { source } }: { readonly pipe: AgentConsolePipe }) {
  const [used, max] = [numberIn(source, "watches"), numberIn(source, "watchesMax")];
  if (used === undefined || max === undefined || max === 0) return null;
  return (
    <div class="quota">
      <span>{t("pipe.quota")}</span>
      <Bar share={used / max} label={t("pipe.quota")} />
      <span class="figure">{t("pipe.quotaOf", { used: count(used), max: count(max) })}</span>
    </div>
  );
}

/** What watches; why not something better is worth knowing. */
function BackEnd({ pipe: { source } }: { readonly pipe: AgentConsolePipe }) {
  const { backend, backendReason } = source;
  if (backend === undefined) return null;
  const reason = String(backendReason ?? "");
  return (
    <p class="quiet">
      <Phrase of="pipe.backend" values={{ backend: <NameText name={String(backend)} /> }} />
      {reason !== "" && (
        <>
          {": "}
          <ServerWords text={reason} />
        </>
      )}
    </p>
  );
}

interface PipeButtonsProps {
  readonly pipe: AgentConsolePipe;
  readonly onEnd: (error: ApiError | undefined) => void;
}

function PipeButtons({ pipe, onEnd }: PipeButtonsProps) {
  if (!pipe.enabled) return null;
  const fitting: readonly PipeAction[] = pipe.isPaused === true ? ["resume"] : ["pause", "rescan"];
  return (
    <>
      {fitting.map((action) => (
        <ActionButton
          key={action}
          action={action}
          act={() => actOnPipe(pipe.id, action)}
          onEnd={onEnd}
        />
      ))}
    </>
  );
}
