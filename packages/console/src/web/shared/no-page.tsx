import { t } from "../i18n/i18n.js";
import { PageHead } from "./page-head.js";
import { Link } from "./router.js";
import { Notice } from "./states.js";

/** For an address that is none of the console's. */
export function NoPage() {
  return (
    <>
      <PageHead title={t("state.noPage")} />
      <Notice icon="empty" title={t("refusal.404")}>
        <Link to="/">{t("state.toStart")}</Link>
      </Notice>
    </>
  );
}
