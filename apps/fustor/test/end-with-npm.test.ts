import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";

const SCRIPT = new URL("../../../scripts/end-with-npm.mjs", import.meta.url).href;
const CODE = `
import(${JSON.stringify(SCRIPT)}).then(({ endWithNpm }) => {
  process.on("SIGTERM", () => { console.log("asked"); process.exit(); });
  setInterval(() => {}, 60_000);
  endWithNpm();
  console.log("up");
});`;

describe("npm start", () => {
  it("ends when the shell that npm put before it was ended", async () => {
    // The second command keeps the shell from becoming the script.
    const shell = spawn("sh", ["-c", '"$0" -e "$1"; true', process.execPath, CODE], {
      env: { ...process.env, npm_lifecycle_event: "start" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface(shell.stdout)[Symbol.asyncIterator]();
    expect(await lines.next()).toMatchObject({ value: "up" });
    shell.kill("SIGTERM");
    await once(shell, "exit");
    expect(await lines.next()).toMatchObject({ value: "asked" });
  });
});
