import { execFile } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodeName } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { chooseLooker } from "../src/choose-looker.js";
import { LinuxLooker } from "../src/linux-looker.js";
import type { Looker, OpenDirectory, SystemPath } from "../src/look.js";
import { NodeLooker } from "../src/node-looker.js";
import { makeFolder } from "./disk.js";

const run = promisify(execFile);
const isLinux = process.platform === "linux";
const lookers: [string, () => Looker][] = [
  ...(isLinux ? [["linux", () => new LinuxLooker()] as [string, () => Looker]] : []),
  ["node", () => new NodeLooker()],
];

describe.each(lookers)("the looker %s", (_name, make) => {
  const looker = make();

  it("tells all that lstat tells, of every type", async () => {
    await using folder = await makeFolder();
    await run(
      "sh",
      [
        "-ec",
        "mkdir d; mkfifo p; ln -s nowhere l; truncate -s 5G big; touch -d 1955-03-04T05:06:07.089 old;" +
          "touch -d 2222-01-02 late; echo x > f; ln f hard; chmod 4751 f; chmod 1777 d",
      ],
      { cwd: folder.path },
    );
    const socket = createServer().listen(join(folder.path, "s"));
    const seen = namesAndSights(look(looker, folder.path));
    socket.close();
    expect([...seen.keys()].sort()).toEqual(
      ["big", "d", "f", "hard", "l", "late", "old", "p", "s"].sort(),
    );
    for (const [name, sight] of seen) {
      if (name === "s") continue; // it went with its server
      expect(sight, name).toEqual(lookWithNode(join(folder.path, name)));
      expect(looker.lookAt(join(folder.path, name)), name).toEqual(sight);
    }
    expect(seen.get("s")).toMatchObject({ attributes: { type: "s" } });
    expect(seen.get("old")).toMatchObject({ attributes: { mtimeNsec: 89_000_000 } });
  });

  it("tells of devices", () => {
    expect(looker.lookAt("/dev/null")).toEqual(lookWithNode("/dev/null"));
    expect(looker.lookAt("/proc")).toMatchObject({ device: lstatSync("/proc").dev });
  });

  it("keeps every byte of a name", async () => {
    await using folder = await makeFolder();
    const names = [
      "plain",
      "größe",
      "\u6f22\u5b57",
      "\u{1f600}",
      "\udcff\udcfe",
      "a\udc80b\ufffd",
      "...",
    ];
    const longest = "n".repeat(255);
    for (const name of [...names, longest]) {
      writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), encodeName(name)]), name);
    }
    const seen = namesAndSights(look(looker, folder.path));
    expect([...seen.keys()].sort()).toEqual([...names, longest].sort());
    for (const [name, sight] of seen) {
      const size = Buffer.byteLength(name);
      expect(sight, name).toMatchObject({ state: "present", attributes: { type: "f", size } });
    }
  });

  it("goes into a folder whose name is not UTF-8", async () => {
    await using folder = await makeFolder();
    const path = Buffer.concat([Buffer.from(`${folder.path}/`), encodeName("d\udcff")]);
    mkdirSync(path);
    writeFileSync(Buffer.concat([path, Buffer.from("/f\xff", "latin1")]), "");
    expect([...namesAndSights(look(looker, path)).keys()]).toEqual(["f\udcff"]);
  });

  it("reads a large folder whole, also when others have their turn in between", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "mkdir small; seq -f 'name-%030.0f' 5000 | xargs touch"], {
      cwd: folder.path,
    });
    const directory = look(looker, folder.path);
    const names = [];
    let present = 0;
    for (let name = directory.next(); name !== undefined; name = directory.next()) {
      names.push(name);
      if (names.length % 1000 === 0) {
        directory.leave();
        namesAndSights(look(looker, join(folder.path, "small")));
      }
      if (directory.look().state === "present") present += 1;
    }
    directory.leave();
    expect(names.sort()).toEqual(readdirSync(folder.path).sort());
    expect(present).toBe(5001);
  });

  it("knows which names are folders", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "mkdir d; touch f; ln -s d l"], { cwd: folder.path });
    const directory = look(looker, folder.path);
    const folders = [];
    for (let name = directory.next(); name !== undefined; name = directory.next()) {
      if (directory.isDirectory()) folders.push(name);
    }
    directory.leave();
    expect(folders).toEqual(["d"]);
  });

  it("tells what is absent, and what cannot be looked at", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await run("sh", ["-ec", "touch f; mkdir d; ln -s d l; ln -s loop loop"], { cwd: path });
    const absent = { state: "absent" };
    expect(looker.lookAt(`${path}/none`)).toEqual(absent);
    expect(looker.lookAt(`${path}/f/below`)).toEqual(absent);
    expect(looker.open(`${path}/none`)).toEqual(absent);
    expect(looker.open(`${path}/f`)).toEqual(absent);
    expect(looker.lookAt(`${path}/loop/x`)).toEqual({ state: "unreadable", errno: "ELOOP" });
    const tooLong = { state: "unreadable", errno: "ENAMETOOLONG" };
    expect(looker.lookAt(`${path}/${"n".repeat(256)}`)).toEqual(tooLong);
    expect(looker.lookAt(`/${"n/".repeat(2048)}`)).toEqual(tooLong);
    expect(looker.lookAt(`/${"\u6f22/".repeat(1100)}`)).toEqual(tooLong);
    expect(looker.open(`/${"n/".repeat(3000)}`)).toEqual(tooLong);
  });

  it("follows a symbolic link only when asked to", async () => {
    await using folder = await makeFolder();
    await run("sh", ["-ec", "mkdir d; ln -s d l; ln -s nowhere lost"], { cwd: folder.path });
    const link = join(folder.path, "l");
    expect(looker.lookAt(link)).toMatchObject({ attributes: { type: "l" } });
    expect(looker.follow(link)).toMatchObject(looker.lookAt(join(folder.path, "d")));
    expect(looker.follow(join(folder.path, "lost"))).toEqual({ state: "absent" });
  });

  it("sees a name as absent that went after its folder was read", async () => {
    await using folder = await makeFolder();
    writeFileSync(join(folder.path, "f"), "");
    const directory = look(looker, folder.path);
    expect(directory.next()).toBe("f");
    rmSync(join(folder.path, "f"));
    expect(directory.look()).toEqual({ state: "absent" });
    directory.leave();
  });

  it("does not look into what took a folder's place meanwhile", async () => {
    await using folder = await makeFolder();
    const path = join(folder.path, "d");
    mkdirSync(path);
    writeFileSync(join(path, "f"), "");
    const directory = look(looker, path);
    expect(directory.next()).toBe("f");
    directory.leave();
    renameSync(path, join(folder.path, "away"));
    expect(directory.look()).toEqual({ state: "absent" });
    directory.leave();
  });

  it("holds no folder while others have their turn", async () => {
    await using folder = await makeFolder();
    writeFileSync(join(folder.path, "f"), "");
    const directory = look(looker, folder.path);
    directory.next();
    directory.look();
    directory.leave();
    expect(descriptorsInto(folder.path)).toEqual([]);
    directory.look();
    directory.next();
    directory.leave();
    expect(descriptorsInto(folder.path)).toEqual([]);
    look(looker, folder.path).leave();
    expect(looker.open(join(folder.path, "none")).state).toBe("absent");
    expect(descriptorsInto(folder.path)).toEqual([]);
  });
});

describe.runIf(isLinux)("on Linux", () => {
  it("the faster looker is taken", () => {
    expect(chooseLooker().name).toBe("linux");
  });

  it("no link in the place of a folder is entered", async () => {
    await using folder = await makeFolder();
    mkdirSync(join(folder.path, "d"));
    symlinkSync("d", join(folder.path, "l"));
    expect(new LinuxLooker().open(join(folder.path, "l"))).toEqual({ state: "absent" });
  });
});

function look(looker: Looker, path: SystemPath): OpenDirectory {
  const directory = looker.open(path);
  if (directory.state !== "open") throw new Error(`It is ${directory.state}.`);
  return directory;
}

function namesAndSights(directory: OpenDirectory): Map<string, unknown> {
  const seen = new Map<string, unknown>();
  for (let name = directory.next(); name !== undefined; name = directory.next()) {
    seen.set(name, directory.look());
  }
  directory.leave();
  return seen;
}

function lookWithNode(path: string): unknown {
  return new NodeLooker().lookAt(path);
}

/** Where the descriptors of this process lead, as far as that is in `path`. */
function descriptorsInto(path: string): string[] {
  if (!isLinux) return [];
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(join("/proc/self/fd", fd));
      return target.startsWith(path) ? [target] : [];
    } catch {
      return []; // the one that the list itself was read from
    }
  });
}
