import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DEFECTS } from "../simulation/defect-edits.mjs";
import { root } from "../support/processes.js";

it.each(DEFECTS)("the sources can be edited so that it returns: $defect", async ({ edits }) => {
  for (const [path, text] of edits) {
    expect(await readFile(join(root, path), "utf8"), path).toContain(text);
  }
});
