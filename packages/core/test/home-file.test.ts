import { mkdir, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { homeUnusable, probeHome, writeHomeFile } from "../src/host/index.js";
import { createFolder } from "./folder.js";

describe("a file in the home", () => {
  it("replaces the one before it, for its user alone", async () => {
    const home = await createFolder({ note: "old" });
    expect(await writeHomeFile(home, "note", "new")).toBe(join(home, "note"));
    expect(await readFile(join(home, "note"), "utf8")).toBe("new");
    expect((await stat(join(home, "note"))).mode & 0o777).toBe(0o600);
    expect(await readdir(home)).toEqual(["note"]);
  });

  it("leaves no draft behind when it cannot be written", async () => {
    const home = await createFolder();
    await mkdir(join(home, "note"));
    await expect(writeHomeFile(home, "note", "new")).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: expect.stringContaining("Remove that folder") as string,
    });
    expect(await readdir(home)).toEqual(["note"]);
  });

  it.each([
    ["ENOSPC", /its file system is full\. Free some space, or set FUSTOR_HOME/],
    ["EIO", /the system refused with EIO\. Look at the disk/],
  ])("is refused by %s in a sentence", (code, words) => {
    expect(homeUnusable("/h", Object.assign(new Error(), { code })).message).toMatch(words);
  });

  it("is tried without a trace", async () => {
    const home = await createFolder();
    await probeHome(home);
    expect(await readdir(home)).toEqual([]);
    await expect(probeHome(join(home, "missing"))).rejects.toMatchObject({ code: "HOME_UNUSABLE" });
  });
});
