const TIMES = 7;
const PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntriesByName("first-contentful-paint")) resolve(startTime);
  }).observe({ type: "paint", buffered: true });
})`;

/** Milliseconds until a browser that has nothing of it shows something of a page, each time anew. */
export async function firstPaints(browser, url) {
  const found = [];
  for (let time = 0; time < TIMES; time += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    found.push(Math.round(await page.evaluate(PAINT)));
    await context.close();
  }
  return found;
}
