import type { KeyMade } from "@fustor/protocol";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { toApiError, type ApiError } from "../shared/api.js";
import { CopyButton } from "../shared/copy-button.js";
import { Icon } from "../shared/icons.js";
import { ProblemLine } from "../shared/problem-line.js";
import { makeKey } from "./api.js";
import { scopeOf, type KeyWish } from "./key-wish.js";
import { currentView, views } from "./view-choice.js";

const KINDS = [
  ["query", "keys.mayQuery"],
  ["ingest", "keys.mayIngest"],
  ["admin", "keys.mayAll"],
] as const;

/** How many days a key may live; 0 for ever. */
const LIFETIMES = [0, 30, 90, 365];
const DAY_S = 86_400;
const NAME_LENGTH_MAX = 100;

/** A form for a key, and the key that it made: shown until it is closed, and kept nowhere. */
export function NewKey({ onMade }: { readonly onMade: () => void }) {
  const [made, setMade] = useState<KeyMade>();
  return (
    <section class="card">
      <h2>{t("keys.new")}</h2>
      {made === undefined ? (
        <KeyForm
          onMade={(key) => {
            setMade(key);
            onMade();
          }}
        />
      ) : (
        <MadeKey
          made={made}
          onClose={() => {
            setMade(undefined);
          }}
        />
      )}
    </section>
  );
}

function MadeKey({ made, onClose }: { readonly made: KeyMade; readonly onClose: () => void }) {
  return (
    <div class="made-key" role="status">
      <p>{t("keys.once", { id: made.id })}</p>
      <p>
        <code>{made.key}</code>
      </p>
      <div class="actions">
        <CopyButton text={made.key} label={t("keys.copy")} />
        <button type="button" onClick={onClose}>
          {t("action.close")}
        </button>
      </div>
    </div>
  );
}

function KeyForm({ onMade }: { readonly onMade: (made: KeyMade) => void }) {
  const all = views.value ?? [];
  const pipes = [...new Set(all.flatMap((view) => view.pipes))];
  const [name, setName] = useState("");
  const [days, setDays] = useState(0);
  const [wish, setWish] = useState<KeyWish>(() => {
    return { kind: "query", view: currentView(), pipe: pipes[0] ?? "", path: "/" };
  });
  const [problem, setProblem] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const change = (part: Partial<KeyWish>): void => {
    setWish({ ...wish, ...part });
  };
  const make = async (): Promise<void> => {
    setBusy(true);
    try {
      const end = Math.floor(Date.now() / 1_000) + days * DAY_S;
      const text = name.trim();
      const key = await makeKey({
        scopes: [scopeOf(wish)],
        ...(text === "" ? {} : { name: text }),
        ...(days === 0 ? {} : { expires_at: end }),
      });
      onMade(key);
    } catch (error) {
      setProblem(toApiError(error));
      setBusy(false);
    }
  };
  return (
    <form
      class="new-key"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <div class="filter-grid">
        <TextField
          label={t("word.name")}
          value={name}
          lengthMax={NAME_LENGTH_MAX}
          onInput={setName}
        />
        <label class="field">
          <span>{t("keys.scopes")}</span>
          <select
            value={wish.kind}
            onChange={({ currentTarget }) => {
              const kind = KINDS.find(([each]) => each === currentTarget.value)?.[0];
              if (kind !== undefined) change({ kind });
            }}
          >
            {KINDS.map(([kind, text]) => (
              <option key={kind} value={kind}>
                {t(text)}
              </option>
            ))}
          </select>
        </label>
        {wish.kind === "query" && (
          <>
            <TextField
              label={t("word.view")}
              value={wish.view}
              among={all.map(({ id }) => id)}
              onInput={(view) => {
                change({ view });
              }}
            />
            <TextField
              label={t("keys.below")}
              value={wish.path}
              onInput={(path) => {
                change({ path });
              }}
            />
          </>
        )}
        {wish.kind === "ingest" && (
          <TextField
            label={t("word.pipe")}
            value={wish.pipe}
            among={pipes}
            onInput={(pipe) => {
              change({ pipe });
            }}
          />
        )}
        <label class="field">
          <span>{t("keys.ends")}</span>
          <select
            value={String(days)}
            onChange={({ currentTarget }) => {
              setDays(Number(currentTarget.value));
            }}
          >
            {LIFETIMES.map((n) => (
              <option key={n} value={String(n)}>
                {n === 0 ? t("keys.never") : t("keys.inDays", { n })}
              </option>
            ))}
          </select>
        </label>
      </div>
      {wish.kind === "admin" && <p class="quiet small">{t("keys.allWarning")}</p>}
      <ProblemLine error={problem} />
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          <Icon name="key" />
          {t("keys.makeOne")}
        </button>
      </div>
    </form>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  /** What there is; anything else may be written, too, and something must be. */
  readonly among?: readonly string[];
  readonly lengthMax?: number;
  readonly onInput: (text: string) => void;
}

function TextField({ label, value, among, lengthMax, onInput }: TextFieldProps) {
  const listId = among === undefined ? undefined : `among ${label}`.replace(/\s/g, "-");
  return (
    <label class="field">
      <span>{label}</span>
      <input
        value={value}
        required={among !== undefined}
        maxLength={lengthMax}
        list={listId}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => {
          onInput(currentTarget.value);
        }}
      />
      {among !== undefined && (
        <datalist id={listId}>
          {among.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </label>
  );
}
