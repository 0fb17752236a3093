import { findText, language, t } from "../i18n/i18n.js";
import { serverWordsZh } from "../i18n/server-words.js";
import type { ApiError } from "./api.js";
import { NameText } from "./name-text.js";

/** Such as `EACCES`, which is the same in every language. */
const ERRNO = /^E[A-Z0-9]+$/;

/** Words of a server or a driver: in the language of the page where they are known in it. */
export function ServerWords({ text }: { readonly text: string }) {
  if (ERRNO.test(text)) return <NameText name={text} />;
  const known = language.value === "zh-CN" ? serverWordsZh[text] : undefined;
  return known === undefined ? <span lang="en">{text}</span> : <>{known}</>;
}

/** What went wrong, in a few words in the language of the page, and then as the server says it. */
export function ErrorWords({ error }: { readonly error: ApiError }) {
  return (
    <div class="error-words">
      <b>{gistOf(error)}</b> <ErrorDetail error={error} />
    </div>
  );
}

/** All that a server says of an error; in the language of the page where that is enough. */
export function ErrorDetail({ error: { status, message, hint } }: { readonly error: ApiError }) {
  if (status === 0) return <span>{t("state.unreachableHint")}</span>;
  return (
    <span lang="en">
      {message}
      {hint !== undefined && ` ${hint}`}
    </span>
  );
}

/** An error in a few words: by its code, else by its status. */
export function gistOf({ status, code }: Pick<ApiError, "status" | "code">): string {
  return (
    findText(`problem.${code ?? ""}`) ?? findText(`refusal.${String(status)}`) ?? t("state.failed")
  );
}
