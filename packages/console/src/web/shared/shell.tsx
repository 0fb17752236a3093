import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { language, LANGUAGES, speak, t, type Language, type TextKey } from "../i18n/i18n.js";
import { silentSince } from "./api.js";
import { duration } from "./format.js";
import { Icon, type IconName } from "./icons.js";
import { Link, place } from "./router.js";
import { dress, theme, THEMES, type Theme } from "./theme.js";

/** One entry of the navigation. */
export interface PageLink {
  readonly path: string;
  /** Where the entry leads, when that is more than `path`. */
  readonly to?: string;
  readonly title: TextKey;
  readonly icon: IconName;
}

interface ShellProps {
  readonly product: string;
  readonly subject: ComponentChildren;
  readonly pages: readonly PageLink[];
  readonly extra?: ComponentChildren;
  readonly children: ComponentChildren;
}

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { auto: "auto", light: "sun", dark: "moon" };

/** What stands around every page: the navigation, the switches, and whether the server answers. */
export function Shell({ product, subject, pages, extra, children }: ShellProps) {
  const here = place.value.pathname;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone there are more pages than fit into the bar.
    const current = bar.current?.querySelector("[aria-current]");
    current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t("nav.skip")}
      </a>
      <header class="side">
        <div class="brand">
          <img src={brandIcon} alt="" width="26" height="26" />
          <span class="brand-name">{product}</span>
        </div>
        <div class="subject">{subject}</div>
        {pages.length > 0 && (
          <nav aria-label={t("nav.label")} ref={bar}>
            {pages.map(({ path, to = path, title, icon }) => (
              <Link key={path} to={to} current={here === path} class="nav-link">
                <Icon name={icon} />
                <span>{t(title)}</span>
              </Link>
            ))}
          </nav>
        )}
        <div class="switches">
          {extra}
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Disconnected />
        {children}
      </main>
    </div>
  );
}

const brandIcon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? "";

function LanguageSwitch() {
  return (
    <select
      aria-label={t("switch.language")}
      value={language.value}
      onChange={({ currentTarget }) => {
        speak(currentTarget.value as Language);
      }}
    >
      {Object.entries(LANGUAGES).map(([id, name]) => (
        <option key={id} value={id} lang={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function ThemeSwitch() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
  const label = t("switch.theme", { theme: t(`theme.${theme.value}`) });
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      onClick={() => {
        dress(next);
      }}
    >
      <Icon name={THEME_ICONS[theme.value]} />
    </button>
  );
}

/** What is shown is old: says so, and since when. */
function Disconnected() {
  const since = silentSince.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (since === undefined) return undefined;
    const timer = setInterval(() => {
      tick((before) => before + 1);
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [since]);
  if (since === undefined) return null;
  return (
    <div class="banner" role="alert">
      <Icon name="alert" />
      <span>
        {t("state.disconnected", { span: duration(Math.round((Date.now() - since) / 1_000)) })}
      </span>
    </div>
  );
}
