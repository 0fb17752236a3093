import type { RootJson } from "@fustor/protocol";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { toApiError, type ApiError } from "../shared/api.js";
import { ago } from "../shared/format.js";
import { Icon } from "../shared/icons.js";
import { NameText } from "../shared/name-text.js";
import { Phrase } from "../shared/phrase.js";
import { useAnswer } from "../shared/polled.js";
import { ProblemLine } from "../shared/problem-line.js";
import { acceptRoot, listRoots } from "./api.js";
import { isAdmin } from "./session.js";

const POLL_MS = 5_000;

/** Agents of which nothing is taken, because their root is not the one that the view shows. */
export function RefusedRoots({ view }: { readonly view: string }) {
  // A key for a part of the view learns nothing of them.
  const { value = [], refresh } = useAnswer(
    `roots ${view}`,
    (signal) => listRoots(view, signal),
    POLL_MS,
  );
  return (
    <>
      {value
        .filter(({ state }) => state === "refused")
        .map((root) => (
          <RefusedRoot
            key={`${root.pipe_id} ${root.agent_id}`}
            view={view}
            root={root}
            onEnd={refresh}
          />
        ))}
    </>
  );
}

interface RefusedRootProps {
  readonly view: string;
  readonly root: RootJson;
  readonly onEnd: () => void;
}

/** Why, and for an operator the word that it is the right one after all, which takes two clicks. */
function RefusedRoot({ view, root, onEnd }: RefusedRootProps) {
  const [isAsked, setAsked] = useState(false);
  const [error, setError] = useState<ApiError>();
  const accept = async (): Promise<void> => {
    setAsked(false);
    try {
      await acceptRoot(view, root.agent_id);
      setError(undefined);
    } catch (failure) {
      setError(toApiError(failure));
    }
    onEnd();
  };
  const age = ago(Math.max(0, Math.round(Date.now() / 1_000 - root.at)));
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <b>
            <Phrase of="roots.refused" values={{ agent: <NameText name={root.agent_id} /> }} />
          </b>
        </p>
        {root.reason !== undefined && <p lang="en">{root.reason}</p>}
        <p class="small quiet">
          <NameText name={root.uri} /> · <code>{root.identity}</code> · {age}
        </p>
        <ProblemLine error={error} />
        {!isAdmin() ? (
          <p class="small quiet">{t("roots.admin")}</p>
        ) : isAsked ? (
          <div class="actions" role="group" aria-label={t("roots.accept")}>
            <span class="small">{t("roots.sure")}</span>
            <button type="button" class="danger" onClick={() => void accept()}>
              {t("roots.acceptNow")}
            </button>
            <button
              type="button"
              onClick={() => {
                setAsked(false);
              }}
            >
              {t("action.cancel")}
            </button>
          </div>
        ) : (
          <button
            type="button"
            onClick={() => {
              setAsked(true);
            }}
          >
            {t("roots.accept")}
          </button>
        )}
      </div>
    </div>
  );
}
