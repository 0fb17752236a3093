import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "@fustor/core";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFusion, defaultFusionConfig } from "../src/index.js";
import { fsView, makeFolder, START } from "./support.js";

describe("secrets", () => {
  it("stand in no answer, log line or file, wherever they were brought", async () => {
    const home = await makeFolder();
    const logged: unknown[] = [];
    const note = (...fields: unknown[]): void => {
      logged.push(...fields.map((field) => JSON.stringify(field)));
    };
    const logger = { debug: note, info: note, warn: note, error: note } as unknown as Logger;
    const fusion = await createFusion({
      config: defaultFusionConfig,
      home,
      clock: new ManualClock(START),
      random: () => 0.5,
      logger,
      loadView: async () => fsView,
    });
    onTestFinished(() => fusion.close());
    const { id, key } = await fusion.keys.create({ name: "canary", scopes: ["admin"] });
    const secret = key.slice(`fk_${id}_`.length);
    const wrong = `fk_${id}_${secret.slice(0, -3)}AAA`;
    const told: string[] = [];
    const ask = async (method: "GET" | "POST" | "DELETE", url: string, more: object = {}) => {
      const { payload, headers } = await fusion.app.inject({ method, url, ...more });
      // The one place where a token belongs.
      const { "set-cookie": cookie, ...rest } = headers;
      told.push(payload, JSON.stringify(rest));
      return String(cookie).split(";")[0] ?? "";
    };
    const login = { payload: { key } };
    const cookie = await ask("POST", "/api/v1/login", login);
    const token = cookie.split("=")[1] ?? "";
    expect(token).toHaveLength(43);
    await ask("POST", "/api/v1/login", { payload: { key: wrong } });
    await ask("POST", "/api/v1/login", { payload: { key, more: key } });
    for (const headers of [
      { "x-api-key": key },
      { "x-api-key": wrong },
      { authorization: `Bearer ${key}` },
      { authorization: `Basic ${key}` },
      { cookie, "sec-fetch-site": "same-origin" },
      { cookie: `${cookie}${secret}`, host: "evil.example" },
    ]) {
      for (const url of [
        "/api/v1/views",
        "/api/v1/login",
        "/api/v1/keys",
        `/api/v1/views?key=${key}`,
        `/api/v1/views/default/tree?path=/none&key=${key}`,
        "/api/v1/views/default/entries?limit=0",
        "/api/v1/openapi.json",
        "/metrics",
        "/readyz",
        "/nowhere",
      ]) {
        await ask("GET", url, { headers });
      }
      await ask("DELETE", `/api/v1/views/default/reset?key=${key}`, { headers });
      await ask("DELETE", `/api/v1/keys/${key}`, { headers });
      await ask("POST", "/api/v1/keys", { headers, payload: { scopes: [key], name: key } });
    }
    // An answer may repeat what the question itself showed, but no header, cookie or body.
    await fusion.close();
    const files = await readdir(home, { recursive: true, withFileTypes: true });
    const kept = await Promise.all(
      files
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
    );
    expect(kept.join("\n")).toContain(id);
    for (const text of [...told, ...logged.map(String), ...kept]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(token);
    }
  });
});
