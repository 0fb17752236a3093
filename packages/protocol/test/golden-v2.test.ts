import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  encodeBatch,
  encodeBinaryBatch,
  openBinaryBatch,
  openJsonBatch,
  type V2IngestRequest,
} from "../src/index.js";

/** Batches as they were written by a released version: JSON, and the same in hexadecimal digits. */
const fixture = (name: string) =>
  readFileSync(new URL(`./fixtures/v2/${name}`, import.meta.url), "utf8");

describe.each([
  ["walk", "fs"],
  ["burst", "fs"],
  ["table", "jsonl"],
])("the recorded batch %s", (name, schema) => {
  const json = JSON.parse(fixture(`${name}.json`)) as V2IngestRequest;
  const told = openJsonBatch(json).decode({ schema });

  it("is read in its binary form as in JSON", () => {
    const bytes = Buffer.from(fixture(`${name}.hex`).replace(/\s/g, ""), "hex");
    expect(openBinaryBatch(bytes).decode({ schema })).toEqual(told);
  });

  it("is written today so that it says the same", () => {
    expect(encodeBatch(told, told.epoch, told.clock)).toEqual(json);
    const bytes = encodeBinaryBatch(told, told.epoch, told.clock);
    expect(openBinaryBatch(bytes ?? Buffer.of()).decode({ schema })).toEqual(told);
  });
});
