import { describe, expect, it } from "vitest";
import { createWorld } from "./support.js";

async function get(url: string) {
  const { fusion } = await createWorld();
  return fusion.app.inject({ url, headers: { host: "127.0.0.1:8102" } });
}

describe("the console", () => {
  it("is sent to anybody, at every address that it reads by itself", async () => {
    const page = await get("/");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    for (const url of ["/console", "/console/files?view=default&path=%2Fa", "/console/a/b"]) {
      expect((await get(url)).body).toBe(page.body);
    }
  });

  it("is sent under a policy that allows only its own files, and nothing in line", async () => {
    const policy = (await get("/console/files")).headers["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });

  it("is nowhere else, and has nothing but its own files", async () => {
    for (const url of ["/consoles", "/assets/", "/assets/../package.json", "/favicon.ico"]) {
      expect((await get(url)).statusCode, url).toBe(404);
    }
  });
});
