import { useRef } from "preact/hooks";
import type { LogLine } from "../../agent-api.js";
import { t } from "../i18n/i18n.js";
import { useAnswer } from "../shared/polled.js";
import { Link } from "../shared/router.js";
import { Icon } from "../shared/icons.js";
import { readLog } from "./api.js";
import { LogLines } from "./log-lines.js";

const SHOWN_MAX = 5;
const POLL_MS = 5_000;

/** What went wrong last, over or not; the page of the log has the rest. */
export function RecentProblems() {
  const kept = useRef<{ lines: readonly LogLine[]; last: number }>({ lines: [], last: 0 });
  const known = useAnswer(
    "problems",
    async (signal) => {
      const came = await readLog(kept.current.last, signal);
      const { last, lines } = kept.current;
      const newest = came.at(-1)?.number ?? last;
      // An agent that started again counts from 1 again.
      const before = newest < last ? [] : lines;
      const wrong = came.filter(({ level }) => level === "warn" || level === "error");
      kept.current = { last: newest, lines: [...before, ...wrong].slice(-SHOWN_MAX) };
      return kept.current.lines;
    },
    POLL_MS,
  );
  if (known.value === undefined) return null;
  return (
    <section class="card" aria-label={t("problems.title")}>
      <div class="card-head">
        <h2>{t("problems.title")}</h2>
        <span class="grow" />
        <Link to="/console/log">{t("problems.log")}</Link>
      </div>
      {known.value.length === 0 ? (
        <p class="good">
          <Icon name="check" /> {t("problems.none")}
        </p>
      ) : (
        <LogLines lines={known.value} label={t("problems.title")} />
      )}
    </section>
  );
}
