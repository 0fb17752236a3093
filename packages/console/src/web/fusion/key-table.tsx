import type { KeyJson } from "@fustor/protocol";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { Badge } from "../shared/badge.js";
import { day } from "../shared/format.js";
import { NameText } from "../shared/name-text.js";
import { ScopeMarks } from "./scope-marks.js";

interface KeyTableProps {
  readonly keys: readonly KeyJson[];
  /** The id of the key that asks; it cannot end itself. */
  readonly ownId: string | undefined;
  readonly onRevoke: (id: string) => void;
}

/** All keys of a Fusion. To revoke one takes two clicks. */
export function KeyTable({ keys, ownId, onRevoke }: KeyTableProps) {
  const [asked, setAsked] = useState("");
  return (
    <table class="keys">
      <thead>
        <tr>
          <th>{t("word.name")}</th>
          <th>{t("keys.id")}</th>
          <th>{t("keys.scopes")}</th>
          <th>{t("keys.made")}</th>
          <th>{t("keys.ends")}</th>
          <th>
            <span class="unseen">{t("keys.end")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <td class="key-name">{key.name === undefined ? "–" : <NameText name={key.name} />}</td>
            <td class="key-id">
              <code>{key.id}</code>
            </td>
            <td>
              <ScopeMarks scopes={key.scopes} />
            </td>
            <td class="moment" data-label={t("keys.made")}>
              {day(key.created_at)}
            </td>
            <td class="moment" data-label={t("keys.ends")}>
              <End at={key.expires_at} />
            </td>
            <td class="last">
              {key.id === ownId ? (
                <Badge tone="busy">{t("keys.own")}</Badge>
              ) : asked === key.id ? (
                <Sure
                  onYes={() => {
                    setAsked("");
                    onRevoke(key.id);
                  }}
                  onNo={() => {
                    setAsked("");
                  }}
                />
              ) : (
                <button
                  type="button"
                  class="danger"
                  onClick={() => {
                    setAsked(key.id);
                  }}
                >
                  {t("keys.end")}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function End({ at }: { readonly at: number | null }) {
  if (at === null) return <>{t("keys.never")}</>;
  return (
    <>
      {day(at)}
      {at * 1_000 <= Date.now() && (
        <div>
          <Badge tone="bad">{t("keys.over")}</Badge>
        </div>
      )}
    </>
  );
}

/** Asks once more. Whoever uses the keyboard stands on the harmless answer. */
function Sure({ onYes, onNo }: { readonly onYes: () => void; readonly onNo: () => void }) {
  const no = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    no.current?.focus();
  }, []);
  return (
    <div class="actions" role="group" aria-label={t("keys.sure")}>
      <span class="small">{t("keys.sure")}</span>
      <button type="button" class="danger" onClick={onYes}>
        {t("keys.endNow")}
      </button>
      <button type="button" ref={no} onClick={onNo}>
        {t("action.cancel")}
      </button>
    </div>
  );
}
