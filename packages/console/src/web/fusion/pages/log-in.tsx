import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.js";
import { toApiError, type ApiError } from "../../shared/api.js";
import { Icon } from "../../shared/icons.js";
import { PageHead } from "../../shared/page-head.js";
import { ProblemLine } from "../../shared/problem-line.js";
import { Shell } from "../../shared/shell.js";
import { linkProblem, logIn } from "../session.js";

/** Asks for a key. Whoever comes with the link of `fustor up` never sees this. */
export function LogInPage() {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<ApiError | undefined>(linkProblem.value);
  const [isBusy, setBusy] = useState(false);

  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await logIn(key.trim());
    } catch (error) {
      setProblem(toApiError(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Shell product="Fustor Fusion" subject={null} pages={[]}>
      <div class="login card">
        <PageHead title={t("login.title")} />
        <p>{t("login.text")}</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label class="field">
            <span>{t("login.key")}</span>
            <input
              type="password"
              autocomplete="current-password"
              spellcheck={false}
              required
              value={key}
              aria-describedby="login-help"
              aria-invalid={problem !== undefined}
              onInput={({ currentTarget }) => {
                setKey(currentTarget.value);
                setProblem(undefined);
              }}
            />
          </label>
          {problem?.status === 401 ? (
            <p class="problem" role="alert">
              <Icon name="alert" /> {t("login.wrong")}
            </p>
          ) : (
            <ProblemLine error={problem} />
          )}
          <button type="submit" class="primary" disabled={isBusy}>
            {t("login.submit")}
          </button>
        </form>
        <p id="login-help" class="quiet small">
          {t("login.help")} <code>fustor-fusion keys create --scope query:VIEW</code>
        </p>
      </div>
    </Shell>
  );
}
