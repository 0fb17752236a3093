import { chromium } from "playwright-core";

/** Where Debian puts its browser. */
const CHROMIUM = "/usr/bin/chromium";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser; each of its contexts knows nothing of the others. */
export function openBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });
}

/** All pages of both consoles, by the names of their pictures. */
export const FUSION_PAGES = {
  overview: "/",
  files: "/console/files",
  search: "/console/search?text=frame&go=1",
  live: "/console/live",
  usage: "/console/usage",
  trust: "/console/trust",
  scans: "/console/scans",
  keys: "/console/keys",
};

export const AGENT_PAGES = {
  pipes: "/",
  log: "/console/log",
  drivers: "/console/drivers",
};

/** Logs a page in as the link that `fustor up` prints does, and waits until it shows something. */
export async function logIn(page, endpoint, key) {
  await page.goto(`${endpoint}/#key=${key}`);
  await page.getByRole("navigation", { name: /Pages|页面/ }).waitFor();
}
