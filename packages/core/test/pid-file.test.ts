import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { claimHome, readClaim } from "../src/host/index.js";
import { identify } from "../src/host/process-identity.js";
import { createFolder } from "./folder.js";

/** What a process that has ended without releasing its claim left behind. */
const DEAD = { pid: process.pid, startTicks: "1", startedAt: 1, bootId: "dead" };

describe("claimHome", () => {
  it("says who holds the home, for its user alone", async () => {
    const home = await createFolder();

    const claim = await claimHome(home, "agent");

    expect(await readClaim(home, "agent")).toEqual({
      ...identify(process.pid),
      startedAt: expect.any(Number) as number,
      bootId: claim.bootId,
      alive: true,
    });
    expect((await stat(join(home, "agent.pid"))).mode & 0o777).toBe(0o600);
  });

  it("tells who is in the way, and what to do", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "agent");
    await claim.publish({ url: "http://127.0.0.1:8100" });

    await expect(claimHome(home, "agent")).rejects.toMatchObject({
      code: "HOME_IN_USE",
      message: `The agent of ${home} is already running (pid ${String(process.pid)}, http://127.0.0.1:8100). Stop it with "fustor-agent stop", or set FUSTOR_HOME to another folder.`,
    });
    expect((await readClaim(home, "agent"))?.bootId).toBe(claim.bootId);
  });

  it("has room for one process of each app", async () => {
    const home = await createFolder();
    await claimHome(home, "agent");
    await expect(claimHome(home, "fusion")).resolves.toBeDefined();
  });

  it.each([
    ["of an earlier process with the same number", JSON.stringify(DEAD)],
    ["of a process that is gone", JSON.stringify({ ...DEAD, pid: 2 ** 22 + 1 })],
    ["that a crash left half written", '{"pid":'],
    ["that is empty", ""],
    ["that is something else", "null"],
  ])("takes over a claim %s", async (_, text) => {
    const home = await createFolder({ "agent.pid": text });
    const claim = await claimHome(home, "agent");
    expect(await readClaim(home, "agent")).toMatchObject({ bootId: claim.bootId, alive: true });
  });

  it("lets exactly one of many in when they all find a stale claim", async () => {
    const home = await createFolder({ "agent.pid": JSON.stringify(DEAD) });

    const results = await Promise.allSettled(
      Array.from({ length: 16 }, () => claimHome(home, "agent")),
    );

    const claims = results.filter((result) => result.status === "fulfilled");
    expect(claims).toHaveLength(1);
    expect((await readClaim(home, "agent"))?.bootId).toBe(claims[0]?.value.bootId);
    expect(await readdir(home)).toEqual(["agent.pid"]);
  });

  it("passes a start that died in the midst of claiming", async () => {
    const home = await createFolder();
    await symlink(`${String(process.pid)}:1`, join(home, "agent.pid.turn"));
    await claimHome(home, "agent");
    expect(await readdir(home)).toEqual(["agent.pid"]);
  });

  it("gives every start a name of its own", async () => {
    const home = await createFolder();
    const first = await claimHome(home, "agent");
    await first.release();
    const second = await claimHome(home, "agent");
    expect(second.bootId).not.toBe(first.bootId);
  });

  it("says what to do about a home that it cannot write to", async () => {
    const home = join(await createFolder({ file: "" }), "file");
    await expect(claimHome(home, "agent")).rejects.toMatchObject({ code: "HOME_UNUSABLE" });
  });
});

describe("Claim", () => {
  it("is gone after its release, which may be repeated", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "agent");
    await claim.release();
    await claim.release();
    expect(await readClaim(home, "agent")).toBeUndefined();
    expect(await readdir(home)).toEqual([]);
  });

  it("touches no claim but its own", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "agent");
    const other = JSON.stringify(DEAD);
    await writeFile(join(home, "agent.pid"), other);

    await claim.publish({ url: "http://127.0.0.1:1" });
    await claim.release();

    expect(await readFile(join(home, "agent.pid"), "utf8")).toBe(other);
  });
});

describe("readClaim", () => {
  it("knows a process that is dead but not yet buried for dead", async () => {
    const home = await createFolder();
    // The shell's child stays a zombie, since what the shell became does not wait for it.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
    const [output] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(output.toString());
    await writeFile(join(home, "agent.pid"), JSON.stringify({ pid, startedAt: 1, bootId: "b" }));

    await expect.poll(() => readClaim(home, "agent")).toMatchObject({ pid, alive: false });

    parent.kill();
  });

  it.each([0, -1, 1.5, "1"])("takes %j for no process", async (pid) => {
    const home = await createFolder();
    await writeFile(join(home, "agent.pid"), JSON.stringify({ pid, startedAt: 1, bootId: "b" }));
    expect(await readClaim(home, "agent")).toBeUndefined();
  });

  it("returns undefined where nobody has ever been", async () => {
    expect(await readClaim(join(await createFolder(), "none"), "agent")).toBeUndefined();
  });
});
