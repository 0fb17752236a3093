import { appendFile, mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  DigestMessage,
  ListingMessage,
  Message,
  SourceDriver,
  WalkRequest,
} from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { createScope, digestMask, DirectoryDigest, LISTING_FIELDS } from "@fustor/schema-fs";
import { collect } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { digestDirectory } from "../src/digest-listing.js";
import { PART_ROWS } from "../src/listing.js";
import { NodeLooker } from "../src/node-looker.js";
import { Pace } from "../src/pace.js";
import { Root } from "../src/root.js";
import { makeFolder, openSource } from "./disk.js";

const signal = new AbortController().signal;

describe("a walk by digest", () => {
  it.each(["snapshot", "audit"] as const)(
    "tells no rows in a %s of what is at rest",
    async (walk) => {
      await using folder = await makeFolder();
      await mkdir(join(folder.path, "a/b"), { recursive: true });
      await writeFile(join(folder.path, "a/f"), "content");
      const source = await openSource(folder.path);
      await atRest();
      const listed = await tell(source, walk);
      const digested = await tell(source, walk, { digests: true });
      expect(kindsOf(listed)).toEqual(["mark", "listing", "listing", "listing", "mark"]);
      expect(kindsOf(digested)).toEqual(["mark", "digest", "digest", "digest", "mark"]);
      const mask = digestMask(["ino", "uid", "gid", "mode", "ctime"]);
      listed.forEach((message, index) => {
        if (message.kind !== "listing") return;
        const { scope, entries, self } = message;
        expect(digested[index]).toMatchObject({
          source: walk,
          scope,
          digest: digestOf(message, mask),
          count: entries.rows.length,
          self: { fields: LISTING_FIELDS, rows: [self] },
        });
      });
    },
  );

  it("names the fields that count", async () => {
    await using folder = await makeFolder();
    const { facts } = await (await openSource(folder.path)).describe(signal);
    expect(facts["digest_fields"]).toEqual(["ino", "uid", "gid", "mode", "ctime"]);
  });

  it("finds by an audit what a directory does not show: that a file in it grew", async () => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "content");
    const source = await openSource(folder.path);
    await atRest();
    const take = async () => {
      const messages = await tell(source, "audit", { digests: true });
      return messages.find((message) => message.kind === "digest")?.digest;
    };
    const before = await take();
    expect(await take()).toBe(before);
    await appendFile(join(folder.path, "f"), "more");
    expect(await take()).not.toBe(before);
  });

  it("tells the rows of a directory that is not at rest", async () => {
    await using folder = await makeFolder();
    await writeFile(join(folder.path, "f"), "");
    const later = new Date(Date.now() + 60_000);
    await utimes(folder.path, later, later);
    const source = await openSource(folder.path);
    const messages = await collect(source.snapshot(signal, { digests: true }));
    expect(messages[1]).toMatchObject({ kind: "listing", complete: false });
  });
});

describe("a directory too large for one message", () => {
  it("is one digest too", async () => {
    const [digest, ...others] = await digestLarge({ isOld: true });
    expect(others).toEqual([]);
    expect(digest).toMatchObject({ kind: "digest", count: PART_ROWS + 1 });
  });

  it("is read once more and told in parts when it was not at rest", async () => {
    const messages = await digestLarge({ isOld: false });
    expect(messages).toMatchObject([
      { kind: "listing", part: 0, last: false },
      { kind: "listing", part: 1, last: true, complete: false },
    ]);
  });
});

async function digestLarge({ isOld }: { readonly isOld: boolean }): Promise<Message[]> {
  await using folder = await makeFolder();
  const looker = new NodeLooker();
  const open = looker.open.bind(looker);
  await writeFile(join(folder.path, "f"), "");
  // One file under so many names, which costs a test less than so many files.
  looker.open = (path) => {
    const directory = open(path);
    if (directory.state !== "open") return directory;
    let n = -1;
    directory.next = () => {
      n += 1;
      return n <= PART_ROWS ? `f${String(n)}` : undefined;
    };
    directory.look = () => looker.lookAt(join(folder.path, "f"));
    return directory;
  };
  const system = createSystemClock();
  const clock = { ...system, now: () => system.now() + (isOld ? 60_000 : -60_000) };
  const scope = createScope({ filePattern: "*", exclude: [] });
  const place = { looker, root: new Root(folder.path, looker), scope, clock };
  const options = { source: "audit", pace: new Pace(clock) } as const;
  return await collect(digestDirectory(place, "/", options, 0));
}

function tell(
  source: SourceDriver,
  walk: "snapshot" | "audit",
  request?: WalkRequest,
): Promise<Message[]> {
  const messages = source[walk]?.(signal, request);
  if (messages === undefined) throw new Error(`This source cannot ${walk}.`);
  return collect(messages);
}

function kindsOf(messages: readonly Message[]): readonly Message["kind"][] {
  return messages.map(({ kind }) => kind);
}

function digestOf({ entries }: ListingMessage, mask: number): DigestMessage["digest"] {
  const digest = new DirectoryDigest(mask);
  for (const row of entries.rows) {
    const named = Object.fromEntries(entries.fields.map((field, i) => [field, row[i]]));
    const { name, mtime_nsec: mtimeNsec, ctime_nsec: ctimeNsec, ...rest } = named;
    digest.add(String(name), { ...rest, mtimeNsec, ctimeNsec } as never);
  }
  return digest.toString();
}

/** Longer than the kernel's clock stands still. */
async function atRest(): Promise<void> {
  await createSystemClock().sleep(60);
}
