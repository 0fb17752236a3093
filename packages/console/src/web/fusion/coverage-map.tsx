import type { CoverageReply } from "@fustor/protocol";
import { t } from "../i18n/i18n.js";
import { count, percent } from "../shared/format.js";
import { pathParams, readPathParams, type WirePath } from "../shared/path.js";
import { useAnswer } from "../shared/polled.js";
import { addressOf, place } from "../shared/router.js";
import { Answered } from "../shared/states.js";
import { askCoverage, askUsage } from "./api.js";
import { Crumbs } from "./crumbs.js";
import { TreemapFigure, type Area } from "./treemap-figure.js";

/** The largest directories of one are told apart; so many questions are asked for it. */
const PARTS_MAX = 40;
const POLL_MS = 30_000;

/** From which share on a directory is shown in which tone, and what the legend says of it. */
const TONES = [
  { from: 1, tone: "cover-all", text: "cover.all" },
  { from: 0.9, tone: "cover-most", text: "cover.most" },
  { from: 0.5, tone: "cover-some", text: "cover.some" },
  { from: 0, tone: "cover-few", text: "cover.few" },
] as const;

interface Part {
  readonly at: WirePath;
  readonly name: string;
  readonly known: CoverageReply;
}

/** How well each directory of one is known: the more directories, the larger the area. */
export function CoverageMap({ view }: { readonly view: string }) {
  const at = readPathParams(place.value.searchParams);
  const question = `coverage map ${view} ${at.path_b64 ?? at.path}`;
  const known = useAnswer(question, (signal) => readParts(view, at, signal), POLL_MS);
  return (
    <section class="card" aria-label={t("cover.title")}>
      <h2>{t("cover.title")}</h2>
      <p class="quiet">{t("cover.text")}</p>
      <Crumbs at={at} address={(each) => trustAddress(view, each)} />
      <Answered of={known} lines={4}>
        {(parts) =>
          parts.length === 0 ? (
            <p class="quiet">{t("cover.none")}</p>
          ) : (
            <>
              <TreemapFigure
                label={t("cover.title")}
                areas={parts.map((part) => toArea(view, part))}
              />
              <ul class="legend">
                {TONES.map(({ tone, text }) => (
                  <li key={tone}>
                    <span class={`swatch ${tone}`} />
                    {t(text)}
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

async function readParts(
  view: string,
  at: WirePath,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const { usage } = await askUsage(view, at, { depth: 1, top: PARTS_MAX }, signal);
  const directories = (usage.children ?? []).filter(({ type }) => type === "d");
  const parts: Part[] = [];
  // One after the other: together they go through all of the tree, and nobody waits for the map.
  for (const { path, path_b64, name } of directories) {
    const part = { path, path_b64 };
    parts.push({ at: part, name, known: await askCoverage(view, part, signal) });
  }
  return parts;
}

function toArea(view: string, { at, name, known }: Part): Area {
  const { coverage, directories } = known;
  const tone = TONES.find(({ from }) => coverage >= from)?.tone ?? "cover-few";
  const share = percent(coverage);
  return {
    key: at.path_b64 ?? at.path,
    name,
    // Their roots: one large directory must not leave the others without a place.
    weight: Math.sqrt(directories),
    figure: share,
    title: `${name}: ${t("cover.figure", { share, n: count(directories) })}`,
    to: trustAddress(view, at),
    tone,
  };
}

function trustAddress(view: string, at: WirePath): string {
  return addressOf("/console/trust", { view, ...pathParams(at) });
}
