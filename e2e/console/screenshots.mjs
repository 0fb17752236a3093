/**
 * `node e2e/console/screenshots.mjs [DIR] [--only EXPRESSION] [--files N] [--docs]`: pictures of every page of
 * both consoles and of their hard states, on a tree of N (at least 110,000) files, at 1440 and 390
 * pixels, light and dark, in English and Chinese; and how long the first paint takes. Needs built
 * packages and Chromium.
 *
 * DIR is `e2e/artefacts/screenshots`; the names of the pictures match EXPRESSION. `--docs` also puts
 * the pictures of the documentation in their place. Ends with 1 when a
 * page had a fault or was wider than its screen.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AGENT_PAGES, FUSION_PAGES, logIn, openBrowser } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { answerAs, HARD_STATES, showHardState } from "./hard-states.mjs";
import { firstPaints } from "./paint.mjs";

/** Charts need some samples to be worth looking at; lists and answers are there sooner. */
const CHARTS_MS = 15_000;
const SETTLE_MS = 1_500;
/** Of a page that is longer, the rest is like what is shown. */
const HEIGHT_MAX = 1_800;
const SIZES = { 1440: { width: 1440, height: 900 }, 390: { width: 390, height: 844 } };
const LOOKS = [
  { colorScheme: "light", locale: "en-GB" },
  { colorScheme: "dark", locale: "en-GB" },
  { colorScheme: "light", locale: "zh-CN" },
  { colorScheme: "dark", locale: "zh-CN" },
];
const IMAGES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const OF_DOCS = {
  "fusion-overview-1440-en-light": "console-overview",
  "fusion-details-1440-en-light": "console-files",
  "fusion-usage-1440-en-light": "console-usage",
  "agent-pipes-1440-en-light": "console-agent",
};
const ODD = "/odd names/<img src=x onerror=alert(1)>";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "" },
    files: { type: "string", default: "110000" },
    docs: { type: "boolean", default: false },
  },
});
const [to = "e2e/artefacts/screenshots"] = positionals;
const { only } = values;
const wanted = new RegExp(only);
const faults = [];
mkdirSync(to, { recursive: true });
const browser = await openBrowser();
const demo = await startDemo({ files: Number(values.files) });
try {
  for (const size of Object.keys(SIZES)) for (const look of LOOKS) await shootAll(size, look);
  if (only === "") {
    for (const [name, url] of Object.entries({
      Fusion: demo.endpoint,
      Agent: demo.agent_console_url,
    })) {
      const times = await firstPaints(browser, url);
      process.stdout.write(`${name}: first paint after ${times.join(", ")} ms\n`);
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
if (values.docs) {
  for (const [name, image] of Object.entries(OF_DOCS)) {
    copyFileSync(join(to, `${name}.png`), join(IMAGES, `${image}.png`));
  }
}
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(`Pictures are in ${to}.\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** All that is wanted in one size and look. */
async function shootAll(size, look) {
  const { endpoint, agent_console_url: agent, query_key: key } = demo;
  const context = await browser.newContext({ viewport: SIZES[size], ...look });
  // The same at each run, as whoever reads a manual expects it.
  await answerAs(context, {
    "**/sessions": (reply) => ({
      ...reply,
      active_sessions: reply.active_sessions.map((each) => ({
        ...each,
        source_uri: "/data/research",
      })),
    }),
  });
  const page = await context.newPage();
  let name = "";
  page.on("pageerror", ({ message }) => faults.push(`${name}: ${message}`));
  const shoot = async (which, show) => {
    name = `${which}-${size}-${look.locale.slice(0, 2)}-${look.colorScheme}`;
    if (!wanted.test(name)) return;
    await show();
    const { width, height } = SIZES[size];
    const length = await page.evaluate("document.documentElement.scrollHeight");
    // A higher screen, not a longer picture: what sticks to the screen is as high as the page.
    await page.setViewportSize({ width, height: Math.max(height, Math.min(HEIGHT_MAX, length)) });
    await page.screenshot({ path: join(to, `${name}.png`) });
    const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    await page.setViewportSize(SIZES[size]);
    if (beyond > 0) faults.push(`${name}: ${String(beyond)} pixels wider than the screen`);
  };
  const open =
    (url, { ms = SETTLE_MS, mayWait = true } = {}) =>
    async () => {
      await page.goto(url);
      await page.waitForTimeout(ms);
      if (mayWait) await page.locator(".loading, .bone").first().waitFor({ state: "detached" });
    };
  try {
    await shoot("fusion-login", open(endpoint));
    await logIn(page, endpoint, key);
    for (const [each, path] of Object.entries(FUSION_PAGES)) {
      const hasCharts = each === "overview";
      await shoot(
        `fusion-${each}`,
        open(endpoint + path, { ms: hasCharts ? CHARTS_MS : SETTLE_MS }),
      );
    }
    const chosen = new URLSearchParams({ path: "/odd names", sel: ODD });
    await shoot("fusion-details", open(`${endpoint}/console/files?${chosen}`));
    await shoot(
      "fusion-flat",
      open(`${endpoint}/console/files?path=/archive/2024-all-in-one&sort=size&order=desc`),
    );
    await shoot(
      "fusion-filters",
      open(`${endpoint}/console/search?how=glob&text=*.fits&min=1M&sort=size&order=desc&go=1`),
    );
    for (const [each, path] of Object.entries(AGENT_PAGES)) {
      await shoot(
        `agent-${each}`,
        open(agent + path, { ms: each === "pipes" ? CHARTS_MS : SETTLE_MS }),
      );
    }
    for (const [each, state] of Object.entries(HARD_STATES)) {
      await shoot(each, async () => {
        await showHardState(page, state, { fusion: endpoint, agent });
        await page.waitForTimeout(SETTLE_MS);
      });
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
  } finally {
    await context.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  }
}
