import { Chance, SimulatedDisk, type DiskFaults } from "@fustor/testkit";
import { FileCheckpoints } from "../../src/log/checkpoints.js";
import type { Disk } from "../../src/log/disk.js";
import { openLog } from "../../src/log/open-log.js";
import type { Damage } from "../../src/log/read-segment.js";
import type { SegmentLog } from "../../src/log/segment-log.js";
import { DamagedCheckpointError } from "../../src/log/storage-errors.js";

/** Small, so that every history has several segments. */
const SEGMENT_BYTES = 600;
const ACTS = 24;

/** What came back after a crash that must not have. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** A log and its checkpoints on one disk; its state is the list of all numbers that were appended. */
export interface Opened {
  readonly log: SegmentLog;
  readonly checkpoints: FileCheckpoints;
  readonly state: number[];
  readonly damage: readonly Damage[];
}

/** Opens as Fusion does: the newest checkpoint that can be read, and the log's tail. */
export async function openAll(disk: Disk): Promise<Opened> {
  const checkpoints = await FileCheckpoints.open(disk, "/s/checkpoints");
  const { seq, state } = await restore(checkpoints);
  const damage: Damage[] = [];
  const log = await openLog({
    disk,
    folder: "/s/log",
    segmentBytes: SEGMENT_BYTES,
    after: seq,
    onRecord: ({ entry, body }) => {
      if (body?.every((byte) => byte === entry.at % 251) === false) {
        throw new Broken(`record ${String(entry.at)} has bytes of another`);
      }
      state.push(entry.at);
    },
    onDamage: async (found) => {
      damage.push(found);
    },
  });
  return { log, checkpoints, state, damage };
}

async function restore(
  checkpoints: FileCheckpoints,
): Promise<{ readonly seq: number; readonly state: number[] }> {
  for (const seq of await checkpoints.list()) {
    try {
      const state: number[] = [];
      for await (const slice of checkpoints.read(seq)) {
        const bytes = new Uint8Array(slice.length);
        await slice.read([bytes]);
        state.push(...(JSON.parse(Buffer.from(bytes).toString()) as number[]));
      }
      return { seq, state };
    } catch (error) {
      if (!(error instanceof DamagedCheckpointError)) throw error;
    }
  }
  return { seq: 0, state: [] };
}

/** Appends what no one else has. */
export function appendTo({ log, state }: Pick<Opened, "log" | "state">, chance: Chance): void {
  const at = (state.at(-1) ?? 0) + 1;
  state.push(at);
  const body = Buffer.alloc(chance.below(200), at % 251);
  log.append({ entry: { kind: "tick", at }, ...(body.length === 0 ? {} : { body }) });
}

export async function checkpointOf({ log, checkpoints, state }: Opened): Promise<void> {
  const seq = log.lastSeq;
  const bytes = Buffer.from(JSON.stringify(state));
  const half = bytes.length >> 1;
  // What is checkpointed must be in the log, or a log that lost it would go on with its numbers.
  await log.durable();
  const slices = [{ section: "numbers", bytes: Buffer.from(JSON.stringify(state)) }];
  if (half === 0) slices.length = 0;
  await log.cut(await checkpoints.write(seq, slices));
}

/**
 * A history of appends, waits and checkpoints in which the machine crashes twice, first in the step
 * of that number; returns how many steps it takes without. Throws `Broken` when an acknowledged
 * record is gone, out of order, or was never appended.
 */
export async function runHistory(
  seed: number,
  crashStep: number,
  faults: DiskFaults = {},
): Promise<number> {
  const chance = new Chance(seed);
  const disk = new SimulatedDisk({ chance: new Chance(seed + crashStep * 7919), ...faults });
  disk.crashAt(crashStep);
  let appended: readonly number[] = [];
  let acknowledged = 0;
  for (let life = 0; life < 3; life += 1) {
    try {
      const opened = await openAll(disk);
      check(opened, appended, acknowledged);
      appended = opened.state;
      for (let act = 0; act < ACTS; act += 1) {
        for (let count = chance.below(4); count > 0; count -= 1) appendTo(opened, chance);
        const length = appended.length;
        if (chance.often(0.5)) {
          await opened.log.durable();
          acknowledged = length;
        }
        if (chance.often(0.15)) await checkpointOf(opened);
      }
      if (crashStep === Infinity) return disk.steps;
    } catch (error) {
      if (error instanceof Broken) throw error;
    }
    disk.restart();
    if (life === 0) disk.crashAt(disk.steps + chance.below(80));
  }
  return disk.steps;
}

function check({ state, damage }: Opened, appended: readonly number[], acknowledged: number): void {
  const said = `of ${String(appended.length)} appended and ${String(acknowledged)} acknowledged`;
  if (damage[0] !== undefined) throw new Broken(`${damage[0].reason}, ${said}`);
  if (state.length < acknowledged) throw new Broken(`${String(state.length)} came back ${said}`);
  state.forEach((at, index) => {
    if (at !== appended[index])
      throw new Broken(`${String(at)} came back in place ${String(index)}`);
  });
}
