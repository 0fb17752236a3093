import type { CheckpointSlice, Message } from "@fustor/core";
import { LISTING_FIELDS, toRow, type FsView } from "@fustor/schema-fs";
import { storedSlices } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createFsView } from "../../src/index.js";
import { DEFAULTS, directory, file, Scene } from "../scene.js";

describe("a checkpoint of a view", () => {
  it("gives another view all that the first one says", async () => {
    const { scene, agent } = sceneOfTwo();
    for (const scope of ["/d", "/more", "/else"]) agent.unreadable(scope, { at: 29 });
    agent.mark("begin", 30);
    agent.upsert("/d/young", file({ ctime: 0, mtime: 0 }), 31);
    agent.listing("/", { d: directory(), more: directory() }, { at: 32 });
    agent.mark("end", 33);
    const copy = await copyOf(scene.view);
    expect(copy.hash()).toBe(scene.view.hash());
    expect(copy.revision).toBe(scene.view.revision);
    expect(copy.stats()).toEqual(scene.view.stats());
    expect(copy.readiness()).toEqual({ ready: true });
    expect([...copy.walk("/")]).toEqual([...scene.view.walk("/")]);
    expect([...copy.gaps()]).toEqual([...scene.view.gaps()]);
    expect([...copy.search("o")]).toEqual([...scene.view.search("o")]);
    expect(copy.explain("/d")).toEqual(scene.view.explain("/d"));
  });

  it("remembers what an agent leaves out", async () => {
    const { scene, agent } = sceneOfTwo({ filePattern: "*", exclude: ["*.tmp"] });
    agent.listing("/", { d: directory() }, { at: 100 });
    const other = new Scene({}, await copyOf(scene.view));
    other.at = 110;
    const b = other.agent("b", { role: "follower", facts: { network: true } });
    b.change({ "/old.tmp": file(), "/old.txt": file() }, [], { at: 90, source: "on_demand" });
    // The listing would have shown the one, and says nothing of the other.
    expect(other.paths()).toEqual(["/d", "/d/x", "/old.tmp"]);
  });

  it("remembers that what cannot be read may be gone", async () => {
    const { scene, agent } = sceneOfTwo();
    agent.unreadable("/gone", { at: 30 });
    const other = new Scene({}, await copyOf(scene.view));
    expect(other.gaps()).toEqual(["unreadable /gone"]);
    other.at = 40;
    other.agent("a", { bootId: "next" }).listing("/", { d: directory() }, { at: 50 });
    other.tick(51);
    expect(other.gaps()).not.toContain("unreadable /gone");
  });

  it("goes on with a walk, and with a listing of which a part is still to come", async () => {
    const { scene, agent } = sceneOfTwo();
    agent.mark("begin", 30);
    agent.listing("/", { d: directory() }, { at: 31 });
    agent.digest("/d", 32);
    agent.listing("/d", { first: file() }, { at: 33, part: 0, last: false });
    const copies = [await copyOf(scene.view), await copyOf(scene.view)] as const;
    const [listed, unlisted] = copies.map((copy) => new Scene({}, copy));
    const { sessionId } = agent;
    for (const other of [listed, unlisted]) {
      if (other === undefined) continue;
      other.at = 40;
      const seen = { source: "snapshot", startedAt: 34, endedAt: 34 } as const;
      const entries = { fields: LISTING_FIELDS, rows: [toRow("second", file())] };
      const whole = { complete: true, part: 1, last: true };
      const end = { kind: "mark", ...seen, walk: "snapshot", edge: "end", id: "walk" } as const;
      const messages: Message[] = [
        { kind: "listing", ...seen, scope: "/d", entries, ...whole },
        { ...end, scope: "/" },
      ];
      if (other === unlisted) messages.shift();
      other.view.apply({ kind: "batch", at: 40, sessionId, stream: "scan", messages });
    }
    expect(listed?.paths()).toEqual(["/d", "/d/first", "/d/second"]);
    expect(listed?.view.readiness().ready).toBe(true);
    expect(unlisted?.view.readiness().ready).toBe(false);
  });

  it("keeps times that do not fit the columns", async () => {
    const { scene, agent } = sceneOfTwo();
    const old = file({ mtime: -6_000_000_000, mtimeNsec: 7 });
    agent.upsert("/old", old, 30);
    const copy = await copyOf(scene.view);
    expect(copy.node("/old")?.attributes).toEqual(old);
    expect(copy.hash()).toBe(scene.view.hash());
  });

  it("begins while no other one is open", () => {
    const { view } = sceneOfTwo().scene;
    const first = view.checkpoint?.();
    expect(() => view.checkpoint?.()).toThrow("A checkpoint is open already");
    first?.close();
    first?.close();
    const second = view.checkpoint?.();
    for (const { section } of second?.slices ?? []) if (section === "files/0") break;
    const third = view.checkpoint?.();
    expect([...(third?.slices ?? [])].at(-1)?.section).toBe("end");
    expect(view.checkpoint?.()).toBeDefined();
  });
});

it("is not restored over what a view has seen", async () => {
  const { view } = sceneOfTwo().scene;
  await expect(view.restore?.(storedSlices(slicesOf(view)))).rejects.toThrow("cannot be restored");
});

describe("slices that cannot be taken over", () => {
  const unusable = { code: "CHECKPOINT_UNUSABLE" };

  it("are those of another format", async () => {
    const slices = withHead((head) => ({ ...head, format: 99 }));
    const message =
      "The saved state of the view cannot be taken over: it has format 99, and this version reads up to 2. Run the version that saved it, or reset the view.";
    await expect(restore(slices)).rejects.toMatchObject({ ...unusable, message });
  });

  it("are those of digests of other attributes than there are", async () => {
    const slices = withHead((head) => ({ ...head, digestMask: 32 }));
    await expect(restore(slices)).rejects.toMatchObject(unusable);
  });

  it("are those of which one is missing, or stands there twice", async () => {
    const slices = slicesOf(sceneOfTwo().scene.view);
    for (const section of ["head", "files/0", "names/0", "sums/0", "voices", "rest", "end"]) {
      const without = slices.filter((slice) => slice.section !== section);
      await expect(restore(without), section).rejects.toMatchObject(unusable);
    }
    const files = slices.filter(({ section }) => section === "files/0");
    const last = slices.slice(-1);
    const twice = [...slices.slice(0, -1), ...files, ...last];
    await expect(restore(twice)).rejects.toMatchObject(unusable);
  });

  it("are those that were cut short", async () => {
    for (const section of ["children/0", "kinds/0", "rest", "voices"]) {
      const slices = slicesOf(sceneOfTwo().scene.view).map((slice) =>
        slice.section === section ? { ...slice, bytes: slice.bytes.slice(0, -3) } : slice,
      );
      await expect(restore(slices), section).rejects.toMatchObject(unusable);
    }
  });

  it("are not those of a version that numbers its rules otherwise", async () => {
    const { view } = sceneOfTwo().scene;
    expect(view.explain("/d/x")?.rule).toBe("1 created");
    const slices = withHead((head) => {
      const rules = head["rules"] as string[];
      const swapped = new Map([
        ["created", "updated"],
        ["updated", "created"],
        ["doubt", "no more"],
      ]);
      return { ...head, rules: rules.map((key) => swapped.get(key) ?? key) };
    });
    const copy = await restore(slices);
    expect(copy.explain("/d/x")?.rule).toBe("1 updated");
  });
});

describe("slices of format 1", () => {
  const former = () =>
    withHead((head) => ({ ...head, format: 1 })).map(({ section, bytes }) => {
      const [group = "", page] = section.split("/");
      if (page === undefined) return { section, bytes };
      const number = Buffer.alloc(4);
      number.writeUInt32LE(Number(page));
      return { section: group, bytes: Buffer.concat([number, bytes]) };
    });

  it("give the view that they were taken of", async () => {
    const copy = await restore(former());
    const { view } = sceneOfTwo().scene;
    expect(copy.hash()).toBe(view.hash());
    expect([...copy.walk("/")]).toEqual([...view.walk("/")]);
  });

  it("cannot be taken over when a page has no number, or another size", async () => {
    for (const length of [0, 3, 40]) {
      const slices = former().map((slice) =>
        slice.section === "files" ? { ...slice, bytes: slice.bytes.subarray(0, length) } : slice,
      );
      await expect(restore(slices)).rejects.toMatchObject({ code: "CHECKPOINT_UNUSABLE" });
    }
  });
});

function sceneOfTwo(scope?: Readonly<Record<string, unknown>>) {
  const scene = new Scene();
  const agent = scene.agent("a", scope === undefined ? {} : { scope });
  agent.listing("/", { d: directory(), gone: file() }, { at: 10 });
  agent.listing("/d", { x: file() }, { at: 11 });
  agent.remove("/gone", 20);
  return { scene, agent };
}

function slicesOf(view: FsView): CheckpointSlice[] {
  return [...(view.checkpoint?.().slices ?? [])];
}

function copyOf(view: FsView): Promise<FsView> {
  return restore(slicesOf(view));
}

async function restore(slices: Iterable<CheckpointSlice>): Promise<FsView> {
  const view = createFsView(DEFAULTS);
  await view.restore?.(storedSlices(slices));
  return view;
}

function withHead(
  change: (head: Record<string, unknown>) => Record<string, unknown>,
): CheckpointSlice[] {
  return slicesOf(sceneOfTwo().scene.view).map((slice) => {
    if (slice.section !== "head") return slice;
    const head = JSON.parse(Buffer.from(slice.bytes).toString()) as Record<string, unknown>;
    return { section: "head", bytes: Buffer.from(`${JSON.stringify(change(head))}\n`) };
  });
}
