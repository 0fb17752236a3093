import type { EntryJson } from "@fustor/protocol";
import { t } from "../i18n/i18n.js";
import { Badge } from "../shared/badge.js";

/** What speaks against taking an entry as it is shown; nothing for what can be trusted. */
export function TrustMarks({ of: entry }: { readonly of: EntryJson }) {
  return (
    <>
      {entry.held === true && (
        <Badge tone="bad" title={t("trust.heldText")}>
          {t("trust.held")}
        </Badge>
      )}
      {entry.doubted === true && (
        <Badge tone="warn" title={t("trust.doubtedText")}>
          {t("trust.doubted")}
        </Badge>
      )}
      {entry.suspect === true && (
        <Badge tone="busy" title={t("trust.suspectText")}>
          {t("trust.suspect")}
        </Badge>
      )}
      {entry.blind_spot === true && (
        <Badge tone="quiet" title={t("trust.blindText")}>
          {t("trust.blind")}
        </Badge>
      )}
    </>
  );
}
