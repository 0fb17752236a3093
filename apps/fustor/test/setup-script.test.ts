import { describe, expect, it } from "vitest";

const SCRIPT = new URL("../../../scripts/setup.mjs", import.meta.url).href;
const { explainInstall } = (await import(SCRIPT)) as { explainInstall: (output: string) => string };

describe("what npm start says of packages that could not be installed", () => {
  it.each([
    ["ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with frozen-lockfile", "does not belong to"],
    ["ERR_PNPM_BROKEN_LOCKFILE  The lockfile is broken", "damaged"],
    ["ERR_PNPM_TARBALL_INTEGRITY  Got unexpected checksum", "is not the one"],
    ["npm error code ENOTFOUND getaddrinfo", "cannot be reached"],
    ["ERR_PNPM_META_FETCH_FAIL  request failed, ECONNREFUSED", "cannot be reached"],
    ["ERR_PNPM_FETCH_404  GET /nothing: Not Found - 404", "does not hand out"],
    ["npm error ENOSPC: no space left on device", "the disk is full"],
    ["something else", "see what was printed above"],
  ])("for %j", (output, says) => {
    expect(explainInstall(output)).toContain(says);
  });

  it("says nothing of the registry when the lockfile is at fault", () => {
    const said = explainInstall("ERR_PNPM_OUTDATED_LOCKFILE while ECONNRESET was seen before");
    expect(said).not.toContain("registry");
    expect(said).toContain("--no-frozen-lockfile");
  });
});
