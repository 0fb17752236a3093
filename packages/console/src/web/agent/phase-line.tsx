import type { AgentConsolePipe } from "../../agent-api.js";
import { t } from "../i18n/i18n.js";
import { Badge } from "../shared/badge.js";
import { Bar } from "../shared/figures.js";
import { count, duration, percent, rate } from "../shared/format.js";
import { progressOf, type Progress } from "./progress.js";

interface PhaseLineProps {
  readonly pipe: AgentConsolePipe;
  readonly now: number;
}

/** The walk under way: how far it is and how long it takes, or, where nobody knows, how fast it goes. */
export function PhaseLine({ pipe, now }: PhaseLineProps) {
  const { phase } = pipe;
  const progress = progressOf(pipe, now);
  if (phase === "idle" || progress === undefined) return null;
  const { ms, rowsSent, expected } = progress;
  return (
    <div class="phase">
      <Badge tone="busy">{t(`phase.${phase}`)}</Badge>
      {expected !== undefined && (
        <>
          <Bar share={expected.share} label={t(`phase.${phase}`)} />
          <span class="figure">{percent(expected.share)}</span>
          <span>
            {t("phase.left", { span: duration(Math.max(1, Math.ceil(expected.leftMs / 1_000))) })}
          </span>
        </>
      )}
      <span class="quiet">{soFar(progress)}</span>
      <span class="quiet">
        {t("phase.rows", { n: count(rowsSent), span: duration(Math.floor(ms / 1_000)) })}
      </span>
      {expected === undefined && phase !== "scan" && (
        <span class="quiet">{t("phase.unknownLength")}</span>
      )}
    </div>
  );
}

function soFar({ ms, directories, expected }: Progress): string {
  if (directories === undefined) return "";
  if (expected !== undefined) {
    return t("phase.of", { n: count(directories), total: count(expected.directories) });
  }
  const perSecond = ms === 0 ? 0 : (directories * 1_000) / ms;
  return t("phase.soFar", { n: count(directories), rate: rate(perSecond) });
}
