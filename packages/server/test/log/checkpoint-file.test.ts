import { crc32 } from "node:zlib";
import { Chance, SimulatedDisk } from "@fustor/testkit";
import type { CheckpointSlice } from "@fustor/core";
import { describe, expect, it } from "vitest";
import { readCheckpointFile, writeCheckpointFile } from "../../src/log/checkpoint-file.js";
import type { Disk, OpenFile } from "../../src/log/disk.js";

const PATH = "/c/file";
const SEQ = 300;
const SLICES = ["one", "two", "", "four", "five", "six", "the last one"].map((text, index) => ({
  section: `view:default:part/${String(index)}`,
  bytes: Buffer.from(text),
}));

describe("a checkpoint's file", () => {
  it("gives back what was written", async () => {
    expect(await readAll(await diskWith(SLICES))).toEqual(SLICES);
    expect(await readAll(await diskWith([]))).toEqual([]);
  });

  it("is read into memory of several pieces, while further slices come", async () => {
    const disk = await diskWith(SLICES);
    const memory = SLICES.map(({ bytes }) => [new Uint8Array(2), new Uint8Array(bytes.length)]);
    let next = 0;
    for await (const slice of readCheckpointFile(disk, PATH, SEQ)) {
      const [first = new Uint8Array(), second = new Uint8Array()] = memory[next] ?? [];
      const split = Math.min(2, slice.length);
      void slice.read([first.subarray(0, split), second.subarray(split)]);
      next += 1;
    }
    expect(
      memory.map(([first = [], second = []], index) =>
        Buffer.from([...first, ...second.slice(2)])
          .subarray(0, SLICES[index]?.bytes.length)
          .toString(),
      ),
    ).toEqual(SLICES.map(({ bytes }) => bytes.toString()));
  });

  it("is not taken for whole with any byte changed, or cut anywhere", async () => {
    const whole = await fileOf(SLICES);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at);
      await expect(readAll(await diskOf(damaged)), `byte ${String(at)}`).rejects.toThrow(PATH);
      await expect(
        readAll(await diskOf(whole.subarray(0, at))),
        `cut at ${String(at)}`,
      ).rejects.toMatchObject({ name: "DamagedCheckpointError" });
    }
  });

  it("says that it is damaged to who does not wait for what is read", async () => {
    const bytes = await fileOf(SLICES);
    const at = bytes.indexOf("last one");
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
    const disk = await diskOf(bytes);
    const read = async () => {
      for await (const slice of readCheckpointFile(disk, PATH, SEQ)) {
        void slice.read([new Uint8Array(slice.length)]);
      }
    };
    await expect(read()).rejects.toMatchObject({ name: "DamagedCheckpointError" });
  });

  it("is not read of another seq, or into memory of another size", async () => {
    const disk = await diskWith(SLICES);
    await expect(readAll(disk, SEQ + 1)).rejects.toThrow("has no header");
    for await (const slice of readCheckpointFile(disk, PATH, SEQ)) {
      await expect(slice.read([new Uint8Array(1)])).rejects.toThrow("another size");
      break;
    }
  });

  it("is refused when a newer Fusion wrote it", async () => {
    const bytes = await fileOf(SLICES);
    bytes.writeUInt32LE(7, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 18)), 18);
    await expect(readAll(await diskOf(bytes))).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(/format 7.*formats up to 2/) as string,
    });
  });

  it("is closed with no read under way, whether it is left early or cannot be read", async () => {
    const disk = await diskWith(SLICES);
    const events: string[] = [];
    const watched = watching(disk, events);
    for await (const slice of readCheckpointFile(watched, PATH, SEQ)) {
      void slice.read([new Uint8Array(slice.length)]);
      if (slice.section.endsWith("2")) break;
    }
    expect(events.at(-1)).toBe("closed");
    expect(events.filter((event) => event === "begun")).toHaveLength(
      events.filter((event) => event === "done").length,
    );
    events.length = 0;
    const refusing = watching(disk, events, (at) => at === SLICE_AT);
    await expect(readAll(refusing)).rejects.toThrow("EIO");
    expect(events.at(-1)).toBe("closed");
  });
});

describe("a checkpoint's file of version 1", () => {
  it("is read", async () => {
    expect(await readAll(await diskOf(fileOfVersion1(SLICES)))).toEqual(SLICES);
  });

  it("is not taken for whole with any byte changed, or cut anywhere", async () => {
    const whole = fileOfVersion1(SLICES);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at);
      await expect(readAll(await diskOf(damaged)), `byte ${String(at)}`).rejects.toThrow(PATH);
      await expect(
        readAll(await diskOf(whole.subarray(0, at))),
        `cut at ${String(at)}`,
      ).rejects.toMatchObject({ name: "DamagedCheckpointError" });
    }
  });
});

/** Where the first slice begins. */
const SLICE_AT = 22;

async function readAll(disk: Disk, seq = SEQ): Promise<CheckpointSlice[]> {
  const read: CheckpointSlice[] = [];
  for await (const slice of readCheckpointFile(disk, PATH, seq)) {
    const bytes = Buffer.alloc(slice.length);
    await slice.read([bytes]);
    read.push({ section: slice.section, bytes });
  }
  return read;
}

async function diskWith(slices: readonly CheckpointSlice[]): Promise<SimulatedDisk> {
  return diskOf(await fileOf(slices));
}

async function diskOf(bytes: Uint8Array): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ chance: new Chance(1) });
  await disk.makeFolder("/c");
  await (await disk.create(PATH)).append([bytes]);
  return disk;
}

async function fileOf(slices: readonly CheckpointSlice[]): Promise<Buffer> {
  const disk = new SimulatedDisk({ chance: new Chance(1) });
  await disk.makeFolder("/c");
  await writeCheckpointFile(await disk.create(PATH), SEQ, slices);
  return Buffer.from(await disk.read(PATH));
}

/** As it was written before there was a table. */
function fileOfVersion1(slices: readonly CheckpointSlice[]): Buffer {
  const header = Buffer.alloc(SLICE_AT);
  header.write("FUSTCKP\n", "latin1");
  header.writeUInt32LE(1, 8);
  header.writeUIntLE(SEQ, 12, 6);
  header.writeUInt32LE(crc32(header.subarray(0, 18)), 18);
  const end = { section: "", bytes: Buffer.alloc(0) };
  return Buffer.concat([
    header,
    ...[...slices, end].flatMap(({ section, bytes }) => {
      const head = Buffer.alloc(9);
      head.writeUInt8(section.length, 0);
      head.writeUInt32LE(bytes.length, 1);
      const name = Buffer.from(section, "latin1");
      head.writeUInt32LE(crc32(Buffer.concat([head.subarray(0, 5), name, bytes])), 5);
      return [head, name, bytes];
    }),
  ]);
}

/** Tells when a file is read and closed, and refuses to read at some places. */
function watching(
  disk: SimulatedDisk,
  events: string[],
  isRefused: (at: number) => boolean = () => false,
): Disk {
  const open = async (path: string): Promise<OpenFile> => {
    const file = await disk.open(path);
    return {
      size: file.size,
      read: async (at, chunks) => {
        events.push("begun");
        try {
          if (isRefused(at)) throw new Error("EIO");
          return await file.read(at, chunks);
        } finally {
          events.push("done");
        }
      },
      close: async () => {
        await file.close();
        events.push("closed");
      },
    };
  };
  return new Proxy<Disk>(disk, {
    get: (target, name) => (name === "open" ? open : (Reflect.get(target, name) as unknown)),
  });
}
