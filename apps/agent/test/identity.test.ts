import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readAgentId } from "../src/identity.js";
import { createFolder } from "./folder.js";

describe("the id of an agent", () => {
  it("is made once and then kept in the home", async () => {
    const home = await createFolder();
    const id = await readAgentId(home, undefined);
    expect(id).toMatch(/^[A-Za-z0-9._-]{9,100}$/);
    expect(await readAgentId(home, undefined)).toBe(id);
    expect(await readFile(join(home, "agent-id"), "utf8")).toBe(`${id}\n`);
  });

  it("differs from home to home", async () => {
    const ids = [
      await readAgentId(await createFolder(), undefined),
      await readAgentId(await createFolder(), undefined),
    ];
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("is the configured one if there is one", async () => {
    expect(await readAgentId(await createFolder(), "nas-7")).toBe("nas-7");
  });

  it("is made again when a crash left its file empty", async () => {
    const home = await createFolder();
    await writeFile(join(home, "agent-id"), "");
    const id = await readAgentId(home, undefined);
    expect(id).not.toBe("");
    expect(await readAgentId(home, undefined)).toBe(id);
  });

  it.each(["two words", "a\nb", "\u001b[31mred", "x".repeat(101)])(
    "is no text like %j in its file, which is told to nobody",
    async (text) => {
      const home = await createFolder();
      await writeFile(join(home, "agent-id"), text);
      const refusal = await readAgentId(home, undefined).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: "HOME_UNUSABLE",
        message: expect.stringMatching(/agent-id is no name of an agent/) as string,
      });
      expect(String(refusal)).not.toContain(text);
    },
  );
});
