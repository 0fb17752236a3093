import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { toApiError, type ApiError } from "../shared/api.js";
import { Icon } from "../shared/icons.js";
import { Said } from "../shared/said.js";
import type { PipeAction } from "./api.js";

const ICONS = { pause: "pause", resume: "play", rescan: "refresh", reload: "refresh" } as const;

interface ActionButtonProps {
  readonly action: PipeAction | "reload";
  readonly act: () => Promise<void>;
  /** Hears how it ended: of an error, or of none. */
  readonly onEnd: (error: ApiError | undefined) => void;
}

/** Does something to the agent, and says that it is done. */
export function ActionButton({ action, act, onEnd }: ActionButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const press = async (): Promise<void> => {
    setBusy(true);
    setDone(false);
    try {
      await act();
      setDone(true);
      onEnd(undefined);
    } catch (error) {
      onEnd(toApiError(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="action">
      <button type="button" disabled={isBusy} onClick={() => void press()}>
        <Icon name={ICONS[action]} />
        {t(`action.${action}`)}
      </button>
      <Said>{isDone && t("action.done")}</Said>
    </span>
  );
}
