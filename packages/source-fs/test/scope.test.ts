import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { follow, makeFolder, openSource } from "./disk.js";

const signal = new AbortController().signal;

describe.each(["inotify", "parcel"])("the scope, watched by %s", (watch_backend) => {
  it("leaves out what exclude names, and all below", async () => {
    await using folder = await makeFolder();
    const exclude = ["*.tmp", "/build/"];
    const source = await openSource(folder.path, { watch_backend, exclude });
    await mkdir(join(folder.path, "build/deep"), { recursive: true });
    await using watched = await follow(folder.path, source);
    await writeFile(join(folder.path, "build/deep/f"), "");
    await mkdir(join(folder.path, "src/build"), { recursive: true });
    await writeFile(join(folder.path, "src/build/kept"), "");
    await writeFile(join(folder.path, "src/x.tmp"), "");
    await watched.agrees((path) => !path.endsWith(".tmp") && !path.startsWith("/build"));
    expect(watched.model.facts.has("/src/build/kept")).toBe(true);
    expect(JSON.stringify(watched.model.messages)).not.toMatch(/deep|x\.tmp/);
  });

  it("reports files that match file_pattern, and every directory", async () => {
    await using folder = await makeFolder();
    const source = await openSource(folder.path, { watch_backend, file_pattern: "*.dat" });
    await using watched = await follow(folder.path, source);
    await mkdir(join(folder.path, "dir"));
    await writeFile(join(folder.path, "dir/a.dat"), "");
    await writeFile(join(folder.path, "dir/a.txt"), "");
    await watched.agrees((path) => !path.endsWith(".txt"));
    expect(watched.model.facts.has("/dir/a.dat")).toBe(true);
  });

  it("never shows the agent's own home", async () => {
    await using folder = await makeFolder();
    const home = join(folder.path, "user", ".fustor [1]");
    await mkdir(home, { recursive: true });
    const source = await openSource(folder.path, { watch_backend }, home);
    await using watched = await follow(folder.path, source);
    await appendFile(join(home, "agent.log"), "line");
    await mkdir(join(home, "state"));
    await writeFile(join(home, "state/f"), "");
    await writeFile(join(folder.path, "user/.fustor [1]-not"), "");
    await watched.agrees((path) => path !== "/user/.fustor [1]");
    expect(watched.model.facts.has("/user/.fustor [1]-not")).toBe(true);
    expect(JSON.stringify(watched.model.messages)).not.toMatch(/agent\.log|state/);
    const { scope } = await source.describe(signal);
    expect(scope).toEqual({ file_pattern: "*", exclude: ["/user/.fustor\\ \\[1\\]/"] });
  });

  it("refuses to report the agent's home as such", async () => {
    await using folder = await makeFolder();
    const source = await openSource(folder.path, { watch_backend }, folder.path);
    await expect(source.describe(signal)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
