import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { logIn } from "../../console/browser.mjs";
import { answerAs, HARD_STATES, showHardState } from "../../console/hard-states.mjs";
import { atEndOfGroup } from "../../support/at-end.js";
import { itNeeds, program } from "../../support/needs.js";
import { startPair, type Pair } from "../../support/pair.js";
import { agentAddress, beyond, PHONE, untranslated, Visitors, type Visitor } from "./visitor.js";

const it = itNeeds(program("chromium"));

describe("what can be done in the consoles", () => {
  const atEnd = atEndOfGroup();
  const visitors = new Visitors(atEnd);
  let pair: Pair;
  let fusion: string;
  let agent: string;

  beforeAll(async () => {
    pair = await startPair({ parent: "/dev/shm", sessionTimeoutSec: 60, atEnd });
    await mkdir(join(pair.dir, "data", "below"), { recursive: true });
    await mkdir(join(pair.dir, "empty"));
    for (const [name, size] of [
      ["large.bin", 9_000],
      ["small.txt", 10],
    ] as const) {
      await appendFile(join(pair.dir, "data", name), "x".repeat(size));
    }
    await pair.equal();
    fusion = pair.fusion.endpoint;
    agent = await agentAddress(pair.agent);
  }, 120_000);

  async function comeAndLogIn(options?: Parameters<Visitors["come"]>[0]): Promise<Visitor> {
    const visitor = await visitors.come(options);
    await logIn(visitor.page, fusion, pair.fusion.key);
    return visitor;
  }

  it("sort a directory, copy a path, have it looked at again, and see that as a job", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, faults } = await comeAndLogIn({ permissions });
    await page.goto(`${fusion}/console/files?path=/data`);
    await page.getByRole("row", { name: /^large.bin/ }).waitFor();
    await page.getByRole("button", { name: "Size" }).click();
    await page.locator("[role=columnheader][aria-sort=descending]", { hasText: "Size" }).waitFor();
    await page.getByRole("row", { name: /^small.txt/ }).click();
    const details = page.getByRole("complementary");
    await details.getByRole("button", { name: "Copy path" }).click();
    await details.getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("/data/small.txt");
    await details.getByRole("button", { name: "Close" }).click();
    await details.waitFor({ state: "detached" });

    await page.goto(`${fusion}/console/scans`);
    await page.getByLabel("Directory").fill("/data");
    await page.getByLabel("and all below").check();
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("row", { name: /done.*\/data and all below/ }).waitFor();
    expect(faults).toEqual([]);
  });

  it("see why a scan failed, call off another, and hear that it is over already", async () => {
    const { page } = await comeAndLogIn();
    const state = HARD_STATES["fusion-scan-failed"];
    if (state === undefined) throw new Error("There is no such state.");
    await showHardState(page, state, { fusion, agent });
    await page.getByText("The source of the leader cannot list on demand.").waitFor();
    const wish = page.waitForRequest((request) => request.method() === "DELETE");
    await page
      .getByRole("row", { name: /^running/ })
      .getByRole("button")
      .click();
    expect(new URL((await wish).url()).pathname).toBe("/api/v1/views/default/scans/scan-0");
    await page.getByRole("alert").getByText("There is no scan scan-0.").waitFor();
  });

  it("keep a search, go back to it by its link, and forget it", async () => {
    const { page, faults } = await comeAndLogIn();
    await page.goto(`${fusion}/console/search?how=glob&text=*.bin&min=1K&go=1`);
    await page.getByRole("link", { name: "large.bin" }).waitFor();
    await page.getByRole("button", { name: "Keep this search" }).click();
    await page.goto(`${fusion}/console/search`);
    await page.getByRole("link", { name: /\*\.bin/ }).click();
    await page.getByText("1 found").waitFor();
    // Its name is in the language of who looks at it.
    await page.getByLabel("Language").selectOption("zh-CN");
    await page.getByRole("link", { name: "*.bin · ≥ 1K" }).waitFor();
    await page.getByLabel("语言").selectOption("en");
    await page.getByRole("button", { name: /^Forget/ }).click();
    await page.getByRole("button", { name: "Keep this search" }).waitFor();
    expect(faults).toEqual([]);
  });

  it("stop and clear what happens, and follow one directory alone", async () => {
    const { page, faults } = await comeAndLogIn();
    await page.goto(`${fusion}/console/live`);
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await appendFile(join(pair.dir, "data", "while-paused"), "x");
    await page.getByText(/not shown$/).waitFor();
    expect(await page.getByText("while-paused").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await appendFile(join(pair.dir, "data", "afterwards"), "x");
    await page.getByText("/data/afterwards").first().waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Below").fill("/data/below");
    await page.getByRole("button", { name: "Follow" }).click();
    await page.waitForURL(/path=%2Fdata%2Fbelow/);
    expect(faults).toEqual([]);
  });

  it("walk through the maps of usage and of coverage", async () => {
    const { page, faults } = await comeAndLogIn();
    await page.goto(`${fusion}/console/usage`);
    await page.getByRole("group", { name: /^Map/ }).getByRole("link", { name: /^data/ }).click();
    await page.getByRole("table").getByText("large.bin").waitFor();
    await page.goto(`${fusion}/console/trust`);
    const map = page.getByRole("group", { name: "Coverage by directory" });
    await map.getByRole("link", { name: /^data 100%/ }).click();
    await map.getByRole("link", { name: /^below/ }).waitFor();
    expect(faults).toEqual([]);
  });

  it("decide of removals that are held back, with a key that may", async () => {
    const { page } = await comeAndLogIn();
    const held = HARD_STATES["fusion-mistrust"]?.answers ?? {};
    const decisions: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") decisions.push(new URL(request.url()).pathname);
    });
    await answerAs(page, held);
    await page.goto(`${fusion}/console/trust`);
    await page.getByText("/projects/aurora").waitFor();
    expect(await page.getByRole("button", { name: "Let it go" }).first().isEnabled()).toBe(false);

    const admin = (account: object) => ({ ...account, scopes: ["admin"] });
    await answerAs(page, { "**/api/v1/login": admin, "**/holds/**": { body: { holds: [] } } });
    await page.reload();
    await page.getByRole("button", { name: "Let it go" }).first().click();
    await page.getByRole("button", { name: "Keep it" }).first().click();
    await expect
      .poll(() => decisions)
      .toEqual(["/api/v1/views/default/holds/h1/approve", "/api/v1/views/default/holds/h1/reject"]);
  });

  it("accept the root of an agent that is refused, after being asked once more", async () => {
    const { page } = await comeAndLogIn();
    const state = HARD_STATES["fusion-refused-root"];
    if (state === undefined) throw new Error("There is no such state.");
    await showHardState(page, state, { fusion, agent });
    await page.getByText("Nothing of node-c is taken").waitFor();
    await page.getByRole("button", { name: "Accept this root" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Accept this root" }).click();
    const wish = page.waitForRequest((request) => request.method() === "POST");
    await page.getByRole("button", { name: "Accept now" }).click();
    expect(new URL((await wish).url()).pathname).toBe("/api/v1/views/default/roots/node-c/accept");
    // The key is an admin's only as far as the page was told.
    await page.getByText("This key may not do that").waitFor();
  });

  it("make a key that works, copy it, and revoke it, but not the own one", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, faults } = await visitors.come({ permissions });
    await logIn(page, fusion, await pair.fusion.createKey(["admin"]));
    await page.goto(`${fusion}/console/keys`);
    const form = page.locator("form");
    await form.getByLabel("Name").fill("report");
    await form.getByLabel("At and below").fill("/data");
    await form.getByLabel("Ends").selectOption({ label: "in 90 days" });
    await form.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("button", { name: "Copy key" }).click();
    await page.getByText("Copied").waitFor();
    const key = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(key).toMatch(/^fk_[0-9a-f]{12}_[\w-]{43}$/);
    const ask = async (): Promise<number> => {
      const headers = { "x-api-key": key };
      return (await fetch(`${fusion}/api/v1/views`, { headers })).status;
    };
    expect(await ask()).toBe(200);
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.content()).not.toContain(key);

    const row = page.getByRole("row", { name: /^report.*query:default\/data/ });
    await row.getByRole("button", { name: "Revoke" }).click();
    await row.getByRole("button", { name: "Cancel" }).click();
    await row.getByRole("button", { name: "Revoke" }).click();
    expect(await ask()).toBe(200);
    await row.getByRole("button", { name: "Revoke now" }).click();
    await row.waitFor({ state: "detached" });
    expect(await ask()).toBe(401);
    const own = page.getByRole("row", { name: /this login/ });
    expect(await own.getByRole("button").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("change theme and language, for the next visit too, and log out and in again", async () => {
    const { page, faults } = await comeAndLogIn();
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("button", { name: /^Theme: light/ }).click();
    await page.getByLabel("Language").selectOption("zh-CN");
    await page.reload();
    await page.getByRole("heading", { name: "概览" }).waitFor();
    const root = page.locator("html");
    expect(await root.getAttribute("data-theme")).toBe("dark");
    expect(await root.getAttribute("lang")).toBe("zh-CN");
    await page.getByRole("button", { name: "退出登录" }).click();
    await page.getByRole("heading", { name: "登录" }).waitFor();
    // The link of `fustor up`, opened where the page is open already.
    await page.evaluate(`location.hash = "#key=${pair.fusion.key}"`);
    await page.getByRole("heading", { name: "概览" }).waitFor();
    expect(page.url()).not.toContain("key");
    expect(faults).toEqual([]);
  });

  it("rescan, reload, pause and resume in the agent, and read its log", async () => {
    const { page, faults } = await visitors.come();
    await page.goto(agent);
    await page.getByRole("heading", { name: "Recent problems" }).waitFor();
    for (const name of ["Rescan", "Reload configuration"]) {
      const action = page.locator(".action", { has: page.getByRole("button", { name }) });
      await action.getByRole("button").click();
      await action.getByText("Done").waitFor();
    }
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("running", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Log", exact: true }).click();
    await page.getByText("pipe paused").waitFor();
    await page.getByLabel("Containing").fill("pipe resumed");
    await page.getByText("pipe paused").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Drivers" }).click();
    await page.getByLabel(/^uri/).fill("/data");
    await page.getByText('uri: "/data"').waitFor();
    expect(faults).toEqual([]);
  });

  it("be seen in every hard state, also on a phone, in both languages", async () => {
    for (const locale of ["en-GB", "zh-CN"]) {
      const { page, faults } = await comeAndLogIn({ locale, viewport: PHONE });
      for (const [name, state] of Object.entries(HARD_STATES)) {
        await showHardState(page, state, { fusion, agent });
        expect(await beyond(page), name).toBe(0);
        if (locale === "zh-CN") expect(await untranslated(page), name).toEqual([]);
        await page.unrouteAll({ behavior: "ignoreErrors" });
      }
      expect(faults.filter((fault) => !fault.startsWith("Failed to load resource"))).toEqual([]);
    }
  });
});
