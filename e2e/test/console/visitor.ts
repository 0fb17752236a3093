import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { openBrowser } from "../../console/browser.mjs";
import { atEndOfTest, type AtEnd } from "../../support/at-end.js";
import { eventually } from "../../support/eventually.js";
import type { Agent } from "../../support/agent.js";

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Who looks at the consoles: a page, and what went wrong in it. */
export interface Visitor {
  readonly page: Page;
  readonly faults: string[];
}

/** One browser for a group of tests; each test gets visitors who know nothing of each other. */
export class Visitors {
  #browser: Promise<Browser> | undefined;

  constructor(atEnd: AtEnd) {
    atEnd(async () => (await this.#browser)?.close());
  }

  /** At a desk and in English unless said otherwise. */
  async come(options: BrowserContextOptions = {}): Promise<Visitor> {
    this.#browser ??= openBrowser();
    const browser = await this.#browser;
    const context = await browser.newContext({ locale: "en-GB", viewport: DESK, ...options });
    atEndOfTest(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const faults: string[] = [];
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(`${message.text()} ${message.location().url}`);
    });
    return { page, faults };
  }
}

/** Goes there, and waits until what is to be shown is there. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect
    .poll(() => page.locator(".loading, .list .bone").count(), { timeout: 60_000 })
    .toBe(0);
}

/** How many pixels the page is wider than the screen. */
export function beyond(page: Page): Promise<number> {
  return page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

/**
 * What a page in Chinese says in Latin letters alone. Not what is the same in every language: names,
 * codes, units; nor the words of a server behind an error that the page tells in its own.
 */
export function untranslated(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const isForeign = (text) => /[A-Za-z]{3}/.test(text) && !/\\p{Script=Han}/u.test(text);
    const same = "[translate=no], code, pre, time, title, script, style, .brand-name";
    const told = ".log [lang=en], .problem [lang=en], .notice-bad [lang=en], .switches [lang=en]";
    const units = /\\b[KMGTPE]iB\\b/g;
    const found = [];
    const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const { data, parentElement: parent } = node;
      if (parent.closest(same) !== null || parent.closest(told) !== null) continue;
      if (isForeign(data.replaceAll(units, ""))) found.push(data.trim());
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [aria-description]")) {
      if (element.closest(".treemap > *") !== null) continue;
      for (const name of ["aria-label", "title", "aria-description"]) {
        const said = element.getAttribute(name) ?? "";
        if (isForeign(said) && !said.includes("/")) found.push(name + ": " + said);
      }
    }
    return found;
  })()`);
}

/** Where an agent serves its page. */
export function agentAddress(agent: Agent): Promise<string> {
  return eventually(async () => /page (http\S+)/.exec(agent.output())?.[1], {
    what: "the address of the agent's page",
  });
}
