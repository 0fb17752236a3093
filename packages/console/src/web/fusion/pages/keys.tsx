import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { toApiError, type ApiError } from "../../shared/api.js";
import { moment } from "../../shared/format.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { useAnswer } from "../../shared/polled.js";
import { ProblemLine } from "../../shared/problem-line.js";
import { Answered } from "../../shared/states.js";
import { listKeys, revokeKey } from "../api.js";
import { KeyTable } from "../key-table.js";
import { NewKey } from "../new-key.js";
import { ScopeMarks } from "../scope-marks.js";
import { account, isAdmin, type Account } from "../session.js";

const POLL_MS = 5_000;

/** Who is logged in and what that key may do; all keys for who may do everything. */
export function KeysPage() {
  const who = account.value;
  if (who === null || who === undefined) return null;
  return (
    <>
      <PageHead title={t("nav.keys")} />
      <OwnKey who={who} />
      {isAdmin() ? <AllKeys ownId={who.key_id} /> : <Commands />}
    </>
  );
}

function OwnKey({ who: { key_id, name, scopes, expires_at } }: { readonly who: Account }) {
  return (
    <section class="card">
      <h2>{t("keys.yours")}</h2>
      <dl class="facts">
        <div>
          <dt>{t("word.name")}</dt>
          <dd>
            <NameText name={name ?? key_id} />
          </dd>
        </div>
        <div>
          <dt>{t("keys.id")}</dt>
          <dd>
            <code>{key_id}</code>
          </dd>
        </div>
        <div>
          <dt>{t("keys.scopes")}</dt>
          <dd>
            <ScopeMarks scopes={scopes} />
          </dd>
        </div>
        <div>
          <dt>{t("keys.ends")}</dt>
          <dd>{expires_at === null ? t("keys.never") : moment(expires_at)}</dd>
        </div>
      </dl>
    </section>
  );
}

function AllKeys({ ownId }: { readonly ownId: string }) {
  const known = useAnswer("keys", listKeys, POLL_MS);
  const [problem, setProblem] = useState<ApiError>();
  const revoke = async (id: string): Promise<void> => {
    try {
      await revokeKey(id);
      setProblem(undefined);
    } catch (error) {
      setProblem(toApiError(error));
    }
    known.refresh();
  };
  return (
    <>
      <NewKey onMade={known.refresh} />
      <section class="card">
        <h2>{t("keys.all")}</h2>
        <p class="quiet">{t("keys.allText")}</p>
        <ProblemLine error={problem} />
        <Answered of={known}>
          {(keys) => (
            <div class="scroll-x" tabIndex={0} role="region" aria-label={t("keys.all")}>
              <KeyTable keys={keys} ownId={ownId} onRevoke={(id) => void revoke(id)} />
            </div>
          )}
        </Answered>
      </section>
    </>
  );
}

function Commands() {
  return (
    <section class="card">
      <h2>{t("keys.make")}</h2>
      <p>{t("keys.makeText")}</p>
      <dl class="commands">
        {COMMANDS.map(([command, text]) => (
          <div key={command}>
            <dt>
              <code>{command}</code>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const COMMANDS = [
  ["fustor-fusion keys create --scope query:VIEW", "keys.query"],
  ["fustor-fusion keys create --scope ingest:PIPE", "keys.ingest"],
  ["fustor-fusion keys create --scope admin", "keys.adminText"],
  ["fustor-fusion keys list", "keys.list"],
  ["fustor-fusion keys revoke ID", "keys.revoke"],
] as const;
