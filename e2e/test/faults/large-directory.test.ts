import { expect } from "vitest";
import { largeDirectory } from "../../faults/large-directory.js";
import { atEndOfTest } from "../../support/at-end.js";
import { itNeeds, writableFolder } from "../../support/needs.js";

const PARENT = "/dev/shm";
/** Listed in several parts and several batches. A million are tried by `pnpm faults`. */
const ENTRIES = 40_000;

const it = itNeeds(writableFolder(PARENT));

it("a directory of very many entries is shown whole, and followed", async () => {
  const report = await largeDirectory({ entries: ENTRIES, parent: PARENT, atEnd: atEndOfTest });
  process.stderr.write(`  ${JSON.stringify(report)}\n`);
  expect(report.listedAfterMs).toBeGreaterThan(0);
});
