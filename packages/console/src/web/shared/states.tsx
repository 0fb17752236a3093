import type { ComponentChildren } from "preact";
import { t } from "../i18n/i18n.js";
import type { ApiError } from "./api.js";
import { Icon, type IconName } from "./icons.js";
import type { Known } from "./polled.js";
import { ErrorDetail, gistOf } from "./server-words.js";

/** A page's own words when there is nothing (yet) to show. */
export function Notice({
  icon,
  title,
  children,
  tone = "quiet",
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly tone?: "quiet" | "bad";
}) {
  return (
    <div class={`notice notice-${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <Icon name={icon} />
      <p class="notice-title">{title}</p>
      {children !== undefined && <div class="notice-text">{children}</div>}
    </div>
  );
}

/** Grey bars where text will stand, so that nothing jumps when it comes. */
export function Loading({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="unseen">{t("state.loading")}</span>
      {Array.from({ length: lines }, (_, i) => (
        <div class="bone" key={i} />
      ))}
    </div>
  );
}

/** What an error means for who looks at the page, and what to do. */
export function ErrorNotice({
  error,
  retry,
}: {
  readonly error: ApiError;
  readonly retry?: () => void;
}) {
  return (
    <Notice icon="alert" tone="bad" title={gistOf(error)}>
      <p>{error.status === 404 ? t("state.notFoundText") : <ErrorDetail error={error} />}</p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          {t("action.retry")}
        </button>
      )}
    </Notice>
  );
}

/** Shows an answer; before it is there, that it comes, or why it does not. */
export function Answered<Value>({
  of: { value, error, refresh },
  lines,
  children,
}: {
  readonly of: Known<Value>;
  readonly lines?: number;
  readonly children: (value: Value) => ComponentChildren;
}) {
  if (value !== undefined) return <>{children(value)}</>;
  if (error !== undefined) return <ErrorNotice error={error} retry={refresh} />;
  return lines === undefined ? <Loading /> : <Loading lines={lines} />;
}
