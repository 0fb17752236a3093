import type { LogLine } from "../../agent-api.js";
import { findText } from "../i18n/i18n.js";
import { Badge, type Tone } from "../shared/badge.js";
import { clockTime } from "../shared/format.js";
import { NameText } from "../shared/name-text.js";

const TONES: Readonly<Record<string, Tone>> = { warn: "warn", error: "bad", info: "busy" };

interface LogLinesProps {
  /** The oldest first; shown the other way round. */
  readonly lines: readonly LogLine[];
  readonly label: string;
}

export function LogLines({ lines, label }: LogLinesProps) {
  return (
    <ol class="feed log" aria-label={label}>
      {lines.toReversed().map(({ number, at, level, message, fields: { err, ...rest } }) => (
        <li key={number}>
          <time>{clockTime(at / 1_000)}</time>
          <Badge tone={TONES[level] ?? "quiet"}>{findText(`level.${level}`) ?? level}</Badge>
          <span class="path">
            <span class="strong" lang="en">
              {message}
            </span>{" "}
            <span class="quiet">
              <NameText name={describe(rest)} />
            </span>
            {err !== undefined && (
              <div lang="en">
                <NameText name={sentenceOf(err)} />
              </div>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

function describe(fields: LogLine["fields"]): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** The words of an error, which say all that its other fields do. */
function sentenceOf(error: unknown): string {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === "string" ? message : JSON.stringify(error);
}
