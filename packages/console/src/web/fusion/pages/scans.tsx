import type { ScanJob } from "@fustor/protocol";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { toApiError, type ApiError } from "../../shared/api.js";
import { Badge, type Tone } from "../../shared/badge.js";
import { ago, count, duration } from "../../shared/format.js";
import { Icon } from "../../shared/icons.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { useAnswer } from "../../shared/polled.js";
import { Phrase } from "../../shared/phrase.js";
import { ProblemLine } from "../../shared/problem-line.js";
import { Link } from "../../shared/router.js";
import { ServerWords } from "../../shared/server-words.js";
import { Answered, Notice } from "../../shared/states.js";
import { beginScan, cancelScan, listScans } from "../api.js";
import { currentView, ViewChoice } from "../view-choice.js";
import { filesAddress } from "./files.js";

const POLL_MS = 1_500;

const TONES: Readonly<Record<ScanJob["state"], Tone>> = {
  queued: "quiet",
  running: "busy",
  done: "good",
  failed: "bad",
  cancelled: "warn",
};

/** Listings that somebody asked for, and asking for one. */
export function ScansPage() {
  const view = currentView();
  const known = useAnswer(
    `scans ${view}`,
    async (signal) => (view === "" ? [] : listScans(view, signal)),
    POLL_MS,
  );
  const [problem, setProblem] = useState<ApiError>();
  /** What was asked for and is not known, and what is listed in its place. */
  const [instead, setInstead] = useState<{ readonly asked: string; readonly above: string }>();
  const attempt = async (action: Promise<unknown>): Promise<void> => {
    try {
      await action;
      setProblem(undefined);
      known.refresh();
    } catch (error) {
      setProblem(toApiError(error));
    }
  };
  const begin = async (path: string, isRecursive: boolean): Promise<void> => {
    const job = await beginScan(view, { path }, isRecursive);
    const isOther = job.path !== (path.replace(/\/+$/, "") || "/");
    setInstead(isOther ? { asked: path, above: job.path } : undefined);
  };
  return (
    <>
      <PageHead title={t("nav.scans")}>
        <ViewChoice />
      </PageHead>
      <ScanForm onBegin={(path, isRecursive) => void attempt(begin(path, isRecursive))} />
      {instead !== undefined && (
        <div class="banner" role="status">
          <Icon name="alert" />
          <span>
            <Phrase
              of="scans.instead"
              values={{
                asked: <NameText name={instead.asked} />,
                above: <NameText name={instead.above} />,
              }}
            />
          </span>
        </div>
      )}
      <ProblemLine error={problem} />
      <Answered of={known}>
        {(jobs) =>
          jobs.length === 0 ? (
            <Notice icon="refresh" title={t("scans.none")}>
              {t("scans.noneText")}
            </Notice>
          ) : (
            <div class="card scroll-x" tabIndex={0} role="region" aria-label={t("nav.scans")}>
              <Jobs view={view} jobs={jobs} onCancel={(id) => void attempt(cancelScan(view, id))} />
            </div>
          )
        }
      </Answered>
    </>
  );
}

function ScanForm({ onBegin }: { readonly onBegin: (path: string, isRecursive: boolean) => void }) {
  const [path, setPath] = useState("/");
  const [isRecursive, setRecursive] = useState(false);
  return (
    <form
      class="card inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        onBegin(path, isRecursive);
      }}
    >
      <label class="field grow">
        <span>{t("word.directory")}</span>
        <input
          value={path}
          required
          spellcheck={false}
          onInput={({ currentTarget }) => {
            setPath(currentTarget.value);
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isRecursive}
          onChange={({ currentTarget }) => {
            setRecursive(currentTarget.checked);
          }}
        />
        <span>{t("scans.recursive")}</span>
      </label>
      <button type="submit" class="primary">
        <Icon name="refresh" />
        {t("action.lookAgain")}
      </button>
    </form>
  );
}

interface JobsProps {
  readonly view: string;
  readonly jobs: readonly ScanJob[];
  readonly onCancel: (id: string) => void;
}

function Jobs({ view, jobs, onCancel }: JobsProps) {
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th>{t("word.state")}</th>
          <th class="wide">{t("word.directory")}</th>
          <th class="number">{t("word.directories")}</th>
          <th class="number">{t("word.names")}</th>
          <th class="number">{t("scans.took")}</th>
          <th class="number">{t("scans.asked")}</th>
          <th>
            <span class="unseen">{t("action.cancel")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} view={view} job={job} onCancel={onCancel} />
        ))}
      </tbody>
    </table>
  );
}

function JobRow({
  view,
  job,
  onCancel,
}: Pick<JobsProps, "view" | "onCancel"> & { readonly job: ScanJob }) {
  const { id, state, path, path_b64, recursive, progress, error } = job;
  const now = Date.now() / 1_000;
  const took = job.started_at === undefined ? undefined : (job.ended_at ?? now) - job.started_at;
  return (
    <tr>
      <td>
        <Badge tone={TONES[state]}>{t(`scan.${state}`)}</Badge>
      </td>
      <td class="path">
        <Link to={filesAddress(view, { path, path_b64 })}>
          <NameText name={path} />
        </Link>
        {recursive && <span class="quiet"> {t("scans.all")}</span>}
        {error !== undefined && (
          <div class="bad small">
            <ServerWords text={error} />
          </div>
        )}
      </td>
      <td class="number" data-label={t("word.directories")}>
        {count(progress.directories)}
      </td>
      <td class="number" data-label={t("word.names")}>
        {count(progress.rows)}
      </td>
      <td class="number" data-label={t("scans.took")}>
        {took === undefined ? "–" : duration(Math.max(0, took))}
      </td>
      <td class="number" data-label={t("scans.asked")}>
        {ago(Math.max(0, Math.round(now - job.created_at)))}
      </td>
      <td>
        {job.ended_at === undefined && (
          <button
            type="button"
            onClick={() => {
              onCancel(id);
            }}
          >
            {t("action.cancel")}
          </button>
        )}
      </td>
    </tr>
  );
}
