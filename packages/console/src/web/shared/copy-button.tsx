import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { Icon } from "./icons.js";

/** Puts a text on the clipboard, and says that it has. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState("");
  const isDone = copied === text;
  const copy = async (): Promise<void> => {
    await copyText(text);
    setCopied(text);
  };
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      <Icon name={isDone ? "check" : "copy"} />
      <span aria-live="polite">{isDone ? t("action.copied") : label}</span>
    </button>
  );
}

async function copyText(text: string): Promise<void> {
  // Only where the page came over https or from this machine is there a clipboard.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) {
    await clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  // Deprecated, and all that there is for a page that came over plain http from afar.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  document.execCommand("copy");
  area.remove();
}
