import { readFileSync } from "node:fs";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect } from "vitest";
import { AGENT_PAGES, FUSION_PAGES, logIn } from "../../console/browser.mjs";
import { atEndOfGroup } from "../../support/at-end.js";
import { eventually } from "../../support/eventually.js";
import { makeFolder } from "../../support/folders.js";
import { itNeeds, program } from "../../support/needs.js";
import { startPair, type Pair } from "../../support/pair.js";
import { agentAddress, beyond, DESK, PHONE, untranslated, visit, Visitors } from "./visitor.js";

const SIBLINGS = 200_000;
const SCRIPT_BYTES_MAX = 80_000;
const HOSTILE = "<img src=x onerror=alert(1)>";
/** Bytes that are no text. */
const NO_TEXT = Buffer.from([0x6e, 0x6f, 0xff, 0xfe, 0x2e, 0x62, 0x69, 0x6e]);

const it = itNeeds(program("chromium"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("the consoles in a browser", () => {
  const atEnd = atEndOfGroup();
  const visitors = new Visitors(atEnd);
  let pair: Pair;
  let fusionUrl: string;
  let agentUrl: string;

  beforeAll(async () => {
    // All of it is there before anybody looks.
    const dir = await makeFolder("tree", { parent: "/dev/shm", atEnd });
    await fill(dir);
    pair = await startPair({ dir, sessionTimeoutSec: 60, atEnd });
    fusionUrl = pair.fusion.endpoint;
    agentUrl = await agentAddress(pair.agent);
    await eventually(async () => (await countFiles(pair)) >= SIBLINGS + 6 || undefined, {
      what: "a view that has all files",
      withinMs: 90_000,
    });
  }, 180_000);

  it.each([
    ["en-GB", "en"],
    ["zh-CN", "zh-CN"],
  ] as const)(
    "show every page without a fault, on a desk and on a phone, light and dark, and leave nobody out (%s)",
    async (locale, lang) => {
      const { page, faults } = await visitors.come({ locale, viewport: DESK });
      await logIn(page, fusionUrl, pair.fusion.key);
      for (const url of pagesOf(fusionUrl, agentUrl)) {
        await visit(page, url);
        expect(await page.locator("html").getAttribute("lang")).toBe(lang);
        if (lang === "zh-CN") expect(await untranslated(page), url).toEqual([]);
        await page.evaluate(axe);
        for (const viewport of [PHONE, DESK]) {
          await page.setViewportSize(viewport);
          expect(await beyond(page), url).toBe(0);
          for (const colorScheme of ["dark", "light"] as const) {
            await page.emulateMedia({ colorScheme });
            expect(await violations(page), `${url} ${colorScheme}`).toEqual([]);
          }
        }
      }
      expect(faults).toEqual([]);
    },
    240_000,
  );

  it("show names as they are, whatever they say", async () => {
    const { page, faults } = await visitors.come();
    page.on("dialog", () => faults.push("a name has run"));
    await logIn(page, fusionUrl, pair.fusion.key);
    await page.goto(`${fusionUrl}/console/files?path=/names`);
    await page.getByText(HOSTILE, { exact: true }).click();
    await page.getByRole("heading", { name: HOSTILE }).waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);

    await page.goto(`${fusionUrl}/console/files?path=/names`);
    await page.getByRole("row", { name: /no\ufffd\ufffd\.bin/ }).click();
    expect(new URL(page.url()).searchParams.get("sel_b64")).toBe(
      Buffer.concat([Buffer.from("/names/"), NO_TEXT]).toString("base64"),
    );
    await page.getByRole("complementary").getByText("File", { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  it("scroll through a directory of 200,000 names, by keys and by the bar", async () => {
    const { page, faults } = await visitors.come();
    await logIn(page, fusionUrl, pair.fusion.key);
    await page.goto(`${fusionUrl}/console/files?path=/many`);
    const grid = page.getByRole("grid");
    await page.getByRole("row", { name: /^n000000/ }).waitFor();
    expect(await grid.getAttribute("aria-rowcount")).toBe(String(SIBLINGS + 1));

    await grid.focus();
    await page.keyboard.press("End");
    await page.getByRole("row", { name: /^n199999/ }).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.locator("[aria-selected=true]", { hasText: "n199998" }).waitFor();

    // Wherever the bar is let go, the rows of that place come.
    await page.evaluate(`document.querySelector(".list-scroll").scrollTop = 123456 * 36`);
    await page.getByRole("row", { name: /^n123456/ }).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(100);

    await grid.focus();
    await page.keyboard.press("Backspace");
    await page.getByRole("link", { name: "many" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.locator("[aria-selected=true]", { hasText: "many" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: /^n000000/ }).waitFor();
    expect(new URL(page.url()).searchParams.get("path")).toBe("/many");
    await page.goto(`${fusionUrl}/console/files?path=/names`);
    await page.getByRole("row", { name: /^below/ }).click();
    await grid.press("Enter");
    await page.getByText("Nothing is in here").waitFor();
    await page.keyboard.press("Backspace");
    await page.getByRole("row", { name: /^plain.txt/ }).waitFor();
    expect(faults).toEqual([]);
  });

  it("tell what happens as it happens", async () => {
    const { page } = await visitors.come();
    await logIn(page, fusionUrl, pair.fusion.key);
    const files = await page.context().newPage();
    await files.goto(`${fusionUrl}/console/files?path=/names`);
    await files.getByRole("row", { name: /^plain.txt/ }).waitFor();
    await page.goto(`${fusionUrl}/console/live`);
    await page.getByText("live", { exact: true }).waitFor();

    await writeFile(join(pair.dir, "names", "made-now"), "x");

    await page.getByRole("link", { name: "/names/made-now" }).first().waitFor();
    await files.getByRole("row", { name: /^made-now/ }).waitFor();
  });

  it("find by name, and open what was found", async () => {
    const { page } = await visitors.come();
    await logIn(page, fusionUrl, pair.fusion.key);
    await page.goto(`${fusionUrl}/console/search`);
    await page.getByRole("searchbox").fill("plain");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: "plain.txt" }).click();
    await page.getByRole("heading", { name: "plain.txt" }).waitFor();
    expect(new URL(page.url()).searchParams.get("path")).toBe("/names");
  });

  it("load little, and all of it from where they come from", async () => {
    const { page } = await visitors.come();
    for (const url of [fusionUrl, agentUrl]) {
      const scripts: number[] = [];
      const foreign: string[] = [];
      page.on("response", (response) => {
        if (!response.url().startsWith(url)) foreign.push(response.url());
        if (!response.url().endsWith(".js")) return;
        void response.body().then((body) => scripts.push(gzipSync(body).length));
      });
      await page.goto(url);
      await page.getByRole("main").waitFor();
      const sum = await eventually(async () => scripts.reduce((all, one) => all + one, 0), {
        what: "the scripts of the page",
      });
      page.removeAllListeners("response");
      expect(sum).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
      expect(foreign).toEqual([]);
    }
  });

  it("say that Fusion is away, and go on when it is there again", async () => {
    const { page } = await visitors.come();
    await logIn(page, fusionUrl, pair.fusion.key);
    await page.getByText("Agents", { exact: true }).waitFor();
    await pair.fusion.stop();
    await page.getByText(/^Disconnected for/).waitFor();
    await pair.fusion.start();
    // A login ends with the Fusion that gave it.
    await page.getByLabel("Key").fill("no such key");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText(/This key is not known/).waitFor();
    await page.getByLabel("Key").fill(pair.fusion.key);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("ready", { exact: true }).waitFor();
    expect(await page.getByText(/^Disconnected for/).count()).toBe(0);
  });
});

function pagesOf(fusion: string, agent: string): string[] {
  return [
    ...Object.values(FUSION_PAGES).map((path) => fusion + path),
    `${fusion}/console/files?path=/names&sel=${encodeURIComponent(`/names/${HOSTILE}`)}`,
    ...Object.values(AGENT_PAGES).map((path) => agent + path),
  ];
}

/** What keeps people out of the page as it is now; `axe` is in it. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await page.evaluate<AxeResults>(
    'axe.run({ resultTypes: ["violations"] })',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

async function countFiles({ fusion }: Pair): Promise<number> {
  const reply = await fetch(`${fusion.endpoint}/api/v1/views`, {
    headers: { "x-api-key": fusion.key },
  });
  const { views } = (await reply.json()) as { views: { files: number; ready: boolean }[] };
  return views[0]?.ready === true ? views[0].files : 0;
}

async function fill(dir: string): Promise<void> {
  const names = join(dir, "names");
  await mkdir(join(names, "below"), { recursive: true });
  await appendFile(join(names, "plain.txt"), "some text");
  await appendFile(join(names, HOSTILE), "x");
  await appendFile(join(names, "two\nlines"), "x");
  await appendFile(join(names, "gpj.\u202eexe"), "x");
  await appendFile(join(names, "线路图.pdf"), "x".repeat(5_000));
  await appendFile(Buffer.concat([Buffer.from(`${names}/`), NO_TEXT]), "x");
  const many = join(dir, "many");
  await mkdir(many);
  const made = Array.from({ length: SIBLINGS }, (_, i) => i);
  while (made.length > 0) {
    const some = made.splice(-1_000);
    await Promise.all(some.map((i) => writeFile(join(many, `n${String(i).padStart(6, "0")}`), "")));
  }
}
