import { chmod, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareHome, resolveHome } from "../src/host/index.js";
import { createFolder } from "./folder.js";

describe("resolveHome", () => {
  it.each([
    [{ FUSTOR_HOME: "/srv/fustor", HOME: "/home/u" }, "/srv/fustor"],
    [{ FUSTOR_HOME: "there", HOME: "/home/u" }, join(process.cwd(), "there")],
    [{ FUSTOR_HOME: "", HOME: "/home/u" }, "/home/u/.fustor"],
    [{}, join(homedir(), ".fustor")],
  ])("takes it from %j", (env, home) => {
    expect(resolveHome(env)).toBe(home);
  });
});

describe("prepareHome", () => {
  it("makes a home for its user alone", async () => {
    const home = join(await createFolder(), "a/b");
    await prepareHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  });

  it("leaves the mode of a folder that is there", async () => {
    const home = join(await createFolder(), "shared");
    await mkdir(home);
    await chmod(home, 0o755);
    await prepareHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o755);
  });

  it.each(["file", "file/inside"])("says what to do when %s is in its place", async (name) => {
    const home = join(await createFolder({ file: "" }), name);
    await expect(prepareHome(home)).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message: `Cannot use ${home} as home: it, or a part of its path, is a file. Remove that file, or set FUSTOR_HOME to another folder.`,
    });
  });

  it("says what to do when nothing can be made there", async () => {
    await expect(prepareHome("/proc/fustor")).rejects.toMatchObject({
      code: "HOME_UNUSABLE",
      message:
        "Cannot use /proc/fustor as home: no folder can be made there. Correct the path, or set FUSTOR_HOME to another folder.",
    });
  });
});
