import { useEffect, useRef, useState } from "preact/hooks";
import type { LogLine } from "../../../agent-api.js";
import { t } from "../../i18n/i18n.js";
import { Icon } from "../../shared/icons.js";
import { PageHead } from "../../shared/page-head.js";
import { useAnswer } from "../../shared/polled.js";
import { ErrorNotice, Notice } from "../../shared/states.js";
import { readLog } from "../api.js";
import { LogLines } from "../log-lines.js";

const POLL_MS = 1_000;
const LINES_MAX = 1_000;
const LEVELS = ["debug", "info", "warn", "error"] as const;

/** What the agent writes to its log, as it does. */
export function LogPage() {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [least, setLeast] = useState<string>("info");
  const [text, setText] = useState("");
  const [isPaused, setPaused] = useState(false);
  const last = useRef(0);
  const fresh = useAnswer("log", (signal) => readLog(last.current, signal), POLL_MS);

  useEffect(() => {
    const came = fresh.value ?? [];
    const newest = came.at(-1)?.number ?? 0;
    // An agent that started again counts from 1 again.
    if (came.length === 0 || newest <= last.current) return;
    last.current = newest;
    setLines((before) => [...before, ...came].slice(-LINES_MAX));
  }, [fresh.value]);

  const kept = useRef(lines);
  if (!isPaused) kept.current = lines;
  const from = LEVELS.findIndex((each) => each === least);
  const wanted = text.toLowerCase();
  const shown = kept.current.filter(
    (line) =>
      LEVELS.findIndex((each) => each === line.level) >= from &&
      (wanted === "" || JSON.stringify(line).toLowerCase().includes(wanted)),
  );
  return (
    <>
      <PageHead title={t("nav.log")}>
        <span class="grow" />
        <button
          type="button"
          aria-pressed={isPaused}
          onClick={() => {
            setPaused(!isPaused);
          }}
        >
          <Icon name={isPaused ? "play" : "pause"} />
          {isPaused ? t("live.resume") : t("live.pause")}
        </button>
      </PageHead>
      <div class="card inline-form">
        <label class="field">
          <span>{t("log.level")}</span>
          <select
            value={least}
            onChange={({ currentTarget }) => {
              setLeast(currentTarget.value);
            }}
          >
            {LEVELS.map((each) => (
              <option key={each} value={each}>
                {t(`level.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="field grow">
          <span>{t("log.text")}</span>
          <input
            type="search"
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
            }}
          />
        </label>
      </div>
      {fresh.error !== undefined && lines.length === 0 && (
        <ErrorNotice error={fresh.error} retry={fresh.refresh} />
      )}
      {shown.length === 0 ? (
        fresh.error === undefined && (
          <Notice icon="list" title={t("log.none")}>
            {t("log.noneText")}
          </Notice>
        )
      ) : (
        <div class="card">
          <LogLines lines={shown} label={t("nav.log")} />
        </div>
      )}
    </>
  );
}
