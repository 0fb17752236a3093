import { useEffect } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { duration } from "../shared/format.js";
import { NameText } from "../shared/name-text.js";
import { NoPage } from "../shared/no-page.js";
import { useAnswer } from "../shared/polled.js";
import { place } from "../shared/router.js";
import { Shell } from "../shared/shell.js";
import { readStatus } from "./api.js";
import { DriversPage } from "./pages/drivers.js";
import { LogPage } from "./pages/log.js";
import { PipesPage } from "./pages/pipes.js";
import { noteSample } from "./samples.js";

const PAGES = [
  { path: "/", title: "nav.pipes", icon: "activity", page: PipesPage },
  { path: "/console/log", title: "nav.log", icon: "list", page: LogPage },
  { path: "/console/drivers", title: "nav.drivers", icon: "drive", page: DriversPage },
] as const;

const STATUS_MS = 1_000;

/** The console of one agent. */
export function App() {
  const status = useAnswer("status", readStatus, STATUS_MS);
  const { value } = status;
  const { pathname } = place.value;
  const Page = PAGES.find(({ path }) => path === pathname)?.page;
  useEffect(() => {
    if (value !== undefined) noteSample(value);
  }, [value]);
  return (
    <Shell
      product={t("agent.product")}
      pages={PAGES}
      subject={
        value !== undefined && (
          <>
            <div class="strong">
              <NameText name={value.agentId} />
            </div>
            <div>
              {t("agent.facts", {
                version: value.version,
                span: duration(Math.floor(value.uptimeMs / 1_000)),
                pid: value.pid,
              })}
            </div>
          </>
        )
      }
    >
      {Page === undefined ? <NoPage /> : <Page key={pathname} status={status} />}
    </Shell>
  );
}
