import { signal } from "@preact/signals";
import type { ViewInfo } from "@fustor/client";
import { t } from "../i18n/i18n.js";
import { adjust, param } from "../shared/router.js";

/** The views that may be looked at, as they were a moment ago; undefined before the first answer. */
export const views = signal<readonly ViewInfo[] | undefined>(undefined);

/** The view that the page shows: the one of its address, else the first. */
export function currentView(): string {
  const named = param("view");
  if (named !== "") return named;
  return views.value?.[0]?.id ?? "";
}

/** Chooses the view; nothing where there is no choice. */
export function ViewChoice() {
  const all = views.value ?? [];
  const current = currentView();
  if (all.length < 2) return null;
  return (
    <label class="choice">
      <span>{t("word.view")}</span>
      <select
        value={current}
        onChange={({ currentTarget }) => {
          const view = currentTarget.value;
          adjust({
            view,
            path: undefined,
            path_b64: undefined,
            sel: undefined,
            sel_b64: undefined,
          });
        }}
      >
        {all.map(({ id }) => (
          <option key={id} value={id} translate={false}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}
