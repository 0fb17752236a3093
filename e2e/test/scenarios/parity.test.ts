import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { makeFolder } from "../../support/folders.js";
import { startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds, program } from "../../support/needs.js";
import { runOk } from "../../support/processes.js";
import { fillWithSamples } from "../../support/sample-tree.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts, program("rsync"), program("tar"));

/** What somebody does in a folder of their own, in which `keep`, `old` and `sub/deep` stand. */
const ACTS: readonly (readonly [string, string])[] = [
  ["create", "echo new > new; mkdir -p x/y/z; echo leaf > x/y/z/leaf; ln -s x link"],
  ["modify", "echo more >> keep; chmod 600 old; touch -d 2001-02-03 sub/deep"],
  ["rename", "mv keep kept; mv sub moved; echo late > moved/late"],
  ["delete", "rm kept; rm -r moved"],
];

describe("P: the view is the disk", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;
  let samples: string;

  beforeAll(async () => {
    samples = await makeFolder("samples", { atEnd });
    await fillWithSamples(samples);
    world = await startHosts({ atEnd, fill });
  });

  // While A and B work, audits find nothing at rest and take their time over what C does.
  const turns = [["a", "b"], ["c"]] as const;

  describe.each(turns.map((hosts) => ({ hosts })))(
    "when it is the turn of $hosts:",
    ({ hosts }) => {
      it.concurrent.each(hosts)("%s creates, modifies, renames and deletes", async (host) => {
        const at = placeOf(world, host);
        for (const [, script] of ACTS) {
          await runOk("sh", ["-ec", script], { cwd: at });
          await world.view.untilEqual(`/${host}`);
        }
      });

      it.concurrent.each(hosts)("%s unpacks with tar and copies with rsync", async (host) => {
        const at = `${placeOf(world, host)}-bulk`;
        const unpack = `tar -C '${samples}' -cf - . | tar -C unpacked -xf -`;
        await runOk("sh", ["-ec", unpack], { cwd: at });
        await runOk("rsync", ["-a", `${samples}/`, "copied/"], { cwd: at });
        await world.view.untilEqual(`/${host}-bulk`);
        const spoil = "rm -r unpacked/project-1; echo x > copied/project-0/new";
        await runOk("sh", ["-ec", spoil], { cwd: at });
        await runOk("rsync", ["-a", "--delete", `${samples}/`, "copied/"], { cwd: at });
        await world.view.untilEqual(`/${host}-bulk`);
      });
    },
  );
});

describe("P: a pipe that is told which fields to send", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    const hosts = [{ name: "a", fields: ["type", "size"] }];
    world = await startHosts({ atEnd, fill, hosts, untilEqual: false });
  });

  it("sends these and the names", async () => {
    const { a, c, view } = world;
    await view.untilThere("/a/keep");
    await writeFile(join(a.dir, "a/event"), "12345");
    await writeFile(join(c, "a/audit"), "123");
    await view.until("an event's size", async () => (await view.node("/a/event"))?.size === 5);
    await view.until("an audit's size", async () => (await view.node("/a/audit"))?.size === 3);
    await nextWalk(a);
    const fields = new Set(
      a.wire.heard.flatMap(({ message }) => {
        if (message.kind === "change") return message.upserts.fields;
        return message.kind === "listing" ? message.entries.fields : [];
      }),
    );
    expect([...fields].sort()).toEqual(["name", "path", "size", "type"]);
  });
});

function placeOf({ a, b, c }: Hosts, host: "a" | "b" | "c"): string {
  const root = { a: a.dir, b: b.dir, c }[host];
  return join(root, host);
}

async function fill(disk: string): Promise<void> {
  for (const host of ["a", "b", "c"]) {
    await mkdir(join(disk, host, "sub"), { recursive: true });
    await mkdir(join(disk, `${host}-bulk/unpacked`), { recursive: true });
    for (const name of ["keep", "old", "sub/deep"]) {
      await writeFile(join(disk, host, name), name);
    }
  }
}
