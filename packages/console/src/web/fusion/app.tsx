import { t } from "../i18n/i18n.js";
import { ago } from "../shared/format.js";
import { Icon } from "../shared/icons.js";
import { NameText } from "../shared/name-text.js";
import { NoPage } from "../shared/no-page.js";
import { Phrase } from "../shared/phrase.js";
import { useAnswer } from "../shared/polled.js";
import { addressOf, param, place } from "../shared/router.js";
import { Shell, type PageLink } from "../shared/shell.js";
import { Answered, Loading } from "../shared/states.js";
import { listViews } from "./api.js";
import { FilesPage } from "./pages/files.js";
import { KeysPage } from "./pages/keys.js";
import { LivePage } from "./pages/live.js";
import { LogInPage } from "./pages/log-in.js";
import { OverviewPage } from "./pages/overview.js";
import { ScansPage } from "./pages/scans.js";
import { SearchPage } from "./pages/search.js";
import { TrustPage } from "./pages/trust.js";
import { UsagePage } from "./pages/usage.js";
import { account, logOut } from "./session.js";
import { currentView, views } from "./view-choice.js";

const PAGES = [
  { path: "/", title: "nav.overview", icon: "home", page: OverviewPage },
  { path: "/console/files", title: "nav.files", icon: "folder", page: FilesPage },
  { path: "/console/search", title: "nav.search", icon: "search", page: SearchPage },
  { path: "/console/live", title: "nav.live", icon: "activity", page: LivePage },
  { path: "/console/usage", title: "nav.usage", icon: "grid", page: UsagePage },
  { path: "/console/trust", title: "nav.trust", icon: "shield", page: TrustPage },
  { path: "/console/scans", title: "nav.scans", icon: "refresh", page: ScansPage },
  { path: "/console/keys", title: "nav.keys", icon: "key", page: KeysPage },
] as const;

const VIEWS_MS = 2_000;

/** The console of Fusion. */
export function App() {
  if (account.value === undefined) return <Beginning />;
  return account.value === null ? <LogInPage /> : <Console />;
}

/** Something to look at until it is known who is logged in. */
function Beginning() {
  return (
    <Shell product="Fustor Fusion" subject={null} pages={[]}>
      <Loading />
    </Shell>
  );
}

function Console() {
  const known = useAnswer("views", loadViews, VIEWS_MS);
  const { pathname } = place.value;
  const Page = PAGES.find(({ path }) => path === pathname)?.page;
  const view = param("view");
  const links = PAGES.map(({ path, title, icon }): PageLink => {
    return { path, title, icon, to: addressOf(path, { view }) };
  });
  return (
    <Shell
      product="Fustor Fusion"
      subject={
        currentView() !== "" && (
          <Phrase of="word.viewNamed" values={{ view: <NameText name={currentView()} /> }} />
        )
      }
      pages={links}
      extra={<LogOut />}
    >
      {Page === undefined ? (
        <NoPage />
      ) : (
        <Answered of={known} lines={6}>
          {() => (
            <>
              {pathname !== "/" && <Stale />}
              <Page key={pathname} views={known} />
            </>
          )}
        </Answered>
      )}
    </Shell>
  );
}

/** Says that nobody keeps what is shown up to date. The overview says it of each view. */
function Stale() {
  const view = views.value?.find(({ id }) => id === currentView());
  if (view === undefined || !view.ready || view.sessions > 0) return null;
  const age = ago(Math.round(view.staleness_seconds ?? 0));
  return (
    <div class="banner" role="status">
      <Icon name="alert" />
      <span>{t("view.stale", { age })}</span>
    </div>
  );
}

async function loadViews(signal: AbortSignal) {
  const found = await listViews(signal);
  views.value = found;
  return found;
}

function LogOut() {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={t("action.logOut")}
      title={t("action.logOut")}
      onClick={() => void logOut()}
    >
      <Icon name="lock" />
    </button>
  );
}
