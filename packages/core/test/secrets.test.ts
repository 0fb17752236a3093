import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { redact, resolveSecrets } from "../src/host/index.js";
import type { ObjectSchema } from "../src/schema.js";
import { createFolder } from "./folder.js";

const schema = {
  type: "object",
  properties: {
    endpoint: { type: "string" },
    credential: { type: "string", secret: true },
    others: {
      type: "array",
      items: { type: "object", properties: { "a/key": { type: "string", secret: true } } },
    },
  },
} as const satisfies ObjectSchema;

describe("resolveSecrets", () => {
  it("reads references from the environment and from files, wherever they stand", async () => {
    const folder = await createFolder({ key: "from file\n" });
    const value = {
      endpoint: "${NOT_A_SECRET}",
      credential: "${KEY}",
      others: [{ "a/key": "file:key" }, { "a/key": `file://${join(folder, "key")}` }],
    };

    const resolved = resolveSecrets(schema, value, folder, { env: { KEY: "from env" } });

    expect(resolved).toEqual({
      endpoint: "${NOT_A_SECRET}",
      credential: "from env",
      others: [{ "a/key": "from file" }, { "a/key": "from file" }],
    });
    expect(value.credential).toBe("${KEY}");
  });

  it("leaves a secret as it is when it is written out", () => {
    const value = { credential: "$plain {KEY} ${x} text" };
    expect(resolveSecrets(schema, value, "/", { env: {} })).toEqual(value);
  });

  it("names every reference that leads nowhere, at its place", async () => {
    const folder = await createFolder({ empty: "\n" });
    const value = {
      credential: "${KEY}",
      others: [{ "a/key": "file:none" }, { "a/key": "file:empty" }, { "a/key": "${BLANK}" }],
    };
    const resolve = () =>
      resolveSecrets(schema, value, folder, {
        subject: "c.yaml",
        env: { BLANK: "" },
        at: "/x",
        locate: () => ({ line: 3, column: 4 }),
      });
    expect(resolve).toThrow(
      [
        "c.yaml is not valid:",
        "  c.yaml:3:4 /x/credential names the environment variable KEY, which is not set; set it before the start",
        `  c.yaml:3:4 /x/others/0/a~1key names the secret file ${folder}/none, which cannot be read (ENOENT); create it, or let this user read it`,
        `  c.yaml:3:4 /x/others/1/a~1key names the secret file ${folder}/empty, which is empty`,
        "  c.yaml:3:4 /x/others/2/a~1key names the environment variable BLANK, which is empty; set it before the start",
      ].join("\n"),
    );
  });
});

describe("redact", () => {
  it("hides secrets and nothing else", () => {
    const value = {
      endpoint: "e",
      credential: "s",
      others: [{ "a/key": "s" }, {}],
      extra: { b: 1 },
    };
    expect(redact(schema, value)).toEqual({
      endpoint: "e",
      credential: "***",
      others: [{ "a/key": "***" }, {}],
      extra: { b: 1 },
    });
  });
});
