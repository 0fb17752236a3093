import { createSystemClock } from "@fustor/core/host";
import { createScope } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { NodeLooker } from "../src/node-looker.js";
import { Root } from "../src/root.js";
import { Agenda } from "../src/watch/agenda.js";
import { settle } from "../src/watch/settle.js";
import { makeFolder } from "./disk.js";

const TOUCHED = { moved: false, closed: false };

describe("a look at the names that something happened to", () => {
  it("tells a name as gone that is not there", async () => {
    await using folder = await makeFolder();
    expect(look(folder.path, "/", "nobody")).toMatchObject([
      { kind: "change", deletes: ["/nobody"] },
    ]);
  });

  it("tells of no name as gone that a mount may hide", () => {
    // What is mounted at /proc is another device than the root's wherever there is a /proc.
    expect(look("/", "/proc", "nobody")).toMatchObject([
      { kind: "unreadable", scope: "/proc", errno: "EXDEV" },
    ]);
  });
});

describe("a watched directory that the kernel gives up", () => {
  it("is a name that went, where only this host can have removed it", async () => {
    await using folder = await makeFolder();
    const agenda = lostDirectory(folder.path, 0);
    expect([agenda.dirty.size, agenda.revisits.size]).toEqual([1, 0]);
  });

  it("has its parent listed, where another host may have removed it", async () => {
    await using folder = await makeFolder();
    const agenda = lostDirectory(folder.path, 2);
    expect([agenda.dirty.size, agenda.revisits.size]).toEqual([0, 1]);
    expect(agenda.revisits.take(Infinity)).toMatchObject({ directory: "/a" });
  });
});

function look(uri: string, directory: string, name: string) {
  const dirty = [{ directory, names: new Map([[name, TOUCHED]]) }];
  return settle(placeAt(uri), dirty, "realtime").messages;
}

function lostDirectory(uri: string, cacheSec: number): Agenda {
  const agenda = new Agenda(placeAt(uri, cacheSec), {
    isForgetful: false,
    disarm: () => undefined,
  });
  agenda.handlers.gone("/a/b");
  return agenda;
}

function placeAt(uri: string, cacheSec = 0) {
  const looker = new NodeLooker();
  const root = new Root(uri, looker, cacheSec);
  const scope = createScope({ filePattern: "*", exclude: [] });
  return { looker, root, scope, clock: createSystemClock() };
}
