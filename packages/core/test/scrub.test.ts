import { describe, expect, it } from "vitest";
import { scrub } from "../src/cli/bundle/scrub.js";

describe("scrub", () => {
  it("takes out what is known, in every form in which it is written", () => {
    const secret = 'a "b" &c=';
    for (const form of [
      secret,
      JSON.stringify({ x: secret }),
      `/?k=${encodeURIComponent(secret)}`,
      Buffer.from(secret).toString("base64"),
    ]) {
      const clean = scrub(`before ${form} after`, [secret]);
      expect(clean).toMatch(/^before .*\*\*\*.* after$/);
      expect(clean).not.toContain("&c=");
    }
  });

  it.each([
    ["fk_a1_S3cret-x", "fk_***"],
    ['{"msg":"it says\\nfk_0123456789ab_S3cret-x"}', '{"msg":"it says\\nfk_***"}'],
    ["authorization: Bearer S3cret.x", "authorization: *** ***"],
    ["http://me:S3cret@nas/x", "http://***@nas/x"],
    ['{"token":"S3cret","a":1}', '{"token":"***","a":1}'],
    ['{"token":"S3\\"cret","a":1}', '{"token":"***","a":1}'],
    ['"said {\\"password\\":\\"S3cret\\"}"', '"said {\\"password\\":\\"***\\"}"'],
    ["credential: S3cret", "credential: ***"],
    ["api_key=S3cret&x=1", "api_key=***"],
    ["x-api-key: 'S3cret x'", "x-api-key: '***'"],
  ])("takes out of %j what looks like a secret", (text, clean) => {
    expect(scrub(text, [])).toBe(clean);
  });

  it("leaves all else", () => {
    const text = '{"keys":3,"message":"the key of pipe p","path":"/secrets/a:b"}';
    expect(scrub(text, ["abc"])).toBe(text);
  });
});
